"""Connection to the Cosmos DB account.

Separate from `store.py`, so that settings load no Azure SDK.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.settings.declaration import declared, setting
from shared.settings.parsers import blank_or, optional
from shared.settings.process import CLIENT_ID

DEFAULT_DATABASE = "lineament"


def _account_url(text: str) -> str:
    address = urlsplit(text)
    if address.scheme not in ("https", "http") or not address.hostname:
        raise ValueError("an address such as https://name.documents.azure.com:443/")
    return text


@dataclass(frozen=True, slots=True)
class CosmosConnection:
    """Location of the database and how to authenticate.

    Attributes:
        endpoint: the account's address, ``https://<account>.documents.azure.com:443/``.
        database: the database's name.
        key: the account's key, with which missing containers are created. None: the identity that
            ``DefaultAzureCredential`` finds, with which nothing is created. Not in the repr.
        client_id: the user-assigned identity; None: the system-assigned one, or the developer's
            sign-in.
    """

    endpoint: str = setting(
        "COSMOS_ENDPOINT",
        "",
        blank_or(_account_url),
        "Address of the Cosmos DB account; needed where FACE_STORE is cosmos.",
    )
    database: str = setting(
        "COSMOS_DATABASE", DEFAULT_DATABASE, str, "Name of the database in that account."
    )
    key: str | None = setting(
        "COSMOS_KEY",
        "",
        optional(str),
        "Key of that account: missing database and containers are then made. Without it the"
        " service signs in by DefaultAzureCredential and never makes any.",
        left_out="local authentication is off",
        secret=True,
    )
    client_id: str | None = declared(CLIENT_ID)

    @property
    def problems(self) -> tuple[str, ...]:
        """See StoreLocation.problems."""
        if self.endpoint:
            return ()
        return (
            "COSMOS_ENDPOINT must hold the address of the Cosmos DB account, because FACE_STORE is"
            " cosmos.",
        )
