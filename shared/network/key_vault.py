"""Callers' keys from a secret of Azure Key Vault, over its REST API.

A single GET is enough, with azure-identity, which is installed anyway. The SDK for secrets would be
another dependency.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from shared.domain.errors import Unavailable
from shared.network.json_documents import fetch_json

_API_VERSION = "7.4"


class VaultKeys:
    """A KeySource: the keys in the secret's latest version, separated by commas.

    Args:
        vault_url: as in ``https://name.vault.azure.net``.
        secret: the secret's name.
        token: returns an access token for Key Vault; raises Unavailable.
    """

    def __init__(self, vault_url: str, secret: str, token: Callable[[], str]) -> None:
        self._url = f"{vault_url}/secrets/{secret}?api-version={_API_VERSION}"
        self._token = token

    def keys(self) -> tuple[str, ...]:
        """The valid keys.

        Raises:
            Unavailable: Key Vault cannot be reached, or access to the secret is denied.
        """
        answer = fetch_json(self._url, {"Authorization": f"Bearer {self._token()}"})
        value = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(value, str):
            raise Unavailable("The response of Key Vault has no value.")
        return tuple(key.strip() for key in value.split(",") if key.strip())


def identity_token(vault_url: str, client_id: str | None) -> Callable[[], str]:
    """Tokens of this machine's Azure identity for the vault's cloud.

    Args:
        vault_url: its domain below the vault's own name is the resource, in every cloud.
        client_id: of a user-assigned identity, or None.
    """
    from azure.core.exceptions import ClientAuthenticationError
    from azure.identity import DefaultAzureCredential

    credential = DefaultAzureCredential(managed_identity_client_id=client_id)
    domain = (urlsplit(vault_url).hostname or "").partition(".")[2]

    def token() -> str:
        try:
            return credential.get_token(f"https://{domain}/.default").token
        except ClientAuthenticationError as error:
            raise Unavailable("This machine has no identity for Key Vault.") from error

    return token
