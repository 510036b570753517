"""Settings of who may call, and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from shared.domain.identifiers import canonical_uuid
from shared.settings.reader import SettingDoc, SettingReader, secure_url

_PLACEHOLDER = "replace-with-your-own-key"
_DEFAULT_SECRET = "face-keys"  # noqa: S105 - the name of a secret, not one
_DEFAULT_AUTHORITY = "https://login.microsoftonline.com"

ACCESS_SETTINGS = (
    SettingDoc(
        "FACE_KEYS",
        "",
        "Keys that callers may use, separated by commas; all are valid at once.",
    ),
    SettingDoc(
        "FACE_KEYS_FILE",
        "",
        "A local.settings.json whose FACE_KEYS is used, and read again every 30 s, where FACE_KEYS"
        " is not set.",
    ),
    SettingDoc(
        "FACE_KEYS_VAULT_URL",
        "",
        "A Key Vault, as in https://name.vault.azure.net, whose secret holds the keys, separated"
        " by commas; read again every 30 s. In place of FACE_KEYS.",
    ),
    SettingDoc("FACE_KEYS_VAULT_SECRET", _DEFAULT_SECRET, "Name of that secret."),
    SettingDoc(
        "FACE_ENTRA_TENANT_ID",
        "",
        "Tenant (a GUID) whose Entra ID access tokens are let in beside keys.",
    ),
    SettingDoc(
        "FACE_ENTRA_AUDIENCE",
        "",
        "Audiences that such a token may be for, separated by commas: the application id, or the"
        " application id URI, of this service's own app registration.",
    ),
    SettingDoc(
        "FACE_ENTRA_CALLERS",
        "",
        "Object ids of the users and service principals whose tokens are let in, separated by"
        " commas. Empty: everybody who gets a token for the audience.",
    ),
    SettingDoc(
        "FACE_ENTRA_AUTHORITY",
        _DEFAULT_AUTHORITY,
        "Where Entra ID is; another address in sovereign clouds.",
    ),
    SettingDoc(
        "FACE_ENTRA_JWKS_URL",
        "",
        "Where the tenant's signing keys are, if not at authority/tenant/discovery/v2.0/keys.",
    ),
    SettingDoc(
        "FACE_RATE_LIMIT",
        "",
        "Requests that a key may make per second and instance, and after a comma how many at once,"
        " as in 10,20. Empty: no limit.",
    ),
    SettingDoc(
        "TLS",
        "0",
        "One machine only: 1 serves https with a certificate that is made on the first use and kept"
        " in FACE_DATA_DIR/tls.",
    ),
    SettingDoc(
        "FACE_TLS_CERTIFICATE",
        "",
        "One machine only: a certificate of your own to serve https with (PEM, with its chain).",
    ),
    SettingDoc("FACE_TLS_KEY", "", "One machine only: that certificate's private key (PEM)."),
)


@dataclass(frozen=True, slots=True)
class VaultSecret:
    """A secret of a Key Vault, and the identity to read it with."""

    vault_url: str
    name: str
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class EntraSettings:
    """Whose tokens are let in.

    Attributes:
        issuers: what a token's ``iss`` may be: the tenant's, in its version 1 and 2 spelling.
        callers: object ids; empty: everybody's.
    """

    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    signing_keys_url: str
    callers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often one caller may call one instance."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who may call. It holds no key, only where keys are read from."""

    keys_file: Path | None = None
    vault: VaultSecret | None = None
    entra: EntraSettings | None = None
    rate_limit: RateLimit | None = None


def read_access(reader: SettingReader) -> AccessSettings:
    """Read the settings; what is wrong is noted with the reader."""
    access = AccessSettings(
        keys_file=_keys_file(reader),
        vault=_vault(reader),
        entra=_entra(reader),
        rate_limit=None
        if reader.text("FACE_RATE_LIMIT") is None
        else reader.value("FACE_RATE_LIMIT", "1", _rate_limit),
    )
    keys = reader.text("FACE_KEYS")
    if keys is None and access == AccessSettings(rate_limit=access.rate_limit):
        reader.problems.append("FACE_KEYS must hold at least one key.")
    if keys is not None and _PLACEHOLDER in keys:
        reader.problems.append("FACE_KEYS still holds the example's placeholder; choose a key.")
    if keys is not None and access.vault is not None:
        reader.problems.append("FACE_KEYS and FACE_KEYS_VAULT_URL exclude each other; set one.")
    return access


def _keys_file(reader: SettingReader) -> Path | None:
    file = reader.text("FACE_KEYS_FILE")
    return None if file is None or reader.text("FACE_KEYS") is not None else Path(file)


def _vault(reader: SettingReader) -> VaultSecret | None:
    if reader.text("FACE_KEYS_VAULT_URL") is None:
        return None
    return VaultSecret(
        reader.value("FACE_KEYS_VAULT_URL", "https://unset.invalid", secure_url),
        reader.value("FACE_KEYS_VAULT_SECRET", _DEFAULT_SECRET, _secret_name),
        reader.text("AZURE_CLIENT_ID"),
    )


def _entra(reader: SettingReader) -> EntraSettings | None:
    tenant, audience = reader.text("FACE_ENTRA_TENANT_ID"), reader.text("FACE_ENTRA_AUDIENCE")
    if tenant is None and audience is None:
        return None
    if tenant is None or audience is None:
        reader.problems.append(
            "FACE_ENTRA_TENANT_ID and FACE_ENTRA_AUDIENCE need each other; set both or neither."
        )
        return None
    tenant = reader.value("FACE_ENTRA_TENANT_ID", "0" * 8 + "-0000" * 3 + "-" + "0" * 12, _guid)
    authority = reader.value("FACE_ENTRA_AUTHORITY", _DEFAULT_AUTHORITY, secure_url)
    keys = f"{authority}/{tenant}/discovery/v2.0/keys"
    return EntraSettings(
        issuers=(f"{authority}/{tenant}/v2.0", f"{_version_1(authority)}/{tenant}/"),
        audiences=_listed(audience),
        signing_keys_url=reader.value("FACE_ENTRA_JWKS_URL", keys, secure_url),
        callers=reader.value("FACE_ENTRA_CALLERS", "", _guids),
    )


def _version_1(authority: str) -> str:
    """Who signs version 1 tokens: one address a cloud, whatever the authority is called."""
    china = authority.endswith((".cn", "chinacloudapi.cn"))
    return "https://sts.chinacloudapi.cn" if china else "https://sts.windows.net"


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _guid(text: str) -> str:
    guid = canonical_uuid(text)
    if guid is None:
        raise ValueError("a GUID")
    return guid


def _guids(text: str) -> frozenset[str]:
    guids = [canonical_uuid(part) for part in _listed(text)]
    if None in guids:
        raise ValueError("GUIDs separated by commas")
    return frozenset(guid for guid in guids if guid is not None)


def _secret_name(text: str) -> str:
    """Key Vault's own rule: 1 to 127 letters, digits and hyphens."""
    if len(text) > 127 or not text.isascii() or not text.replace("-", "a").isalnum():
        raise ValueError("a name of letters, digits and hyphens")
    return text


def _rate_limit(text: str) -> RateLimit:
    rate, _, burst = text.partition(",")
    try:
        per_second = float(rate)
        at_once = float(burst) if burst.strip() else max(1.0, per_second)
    except ValueError:
        per_second = at_once = math.nan
    if not (0 < per_second <= 1e6 and 1 <= at_once <= 1e6):
        raise ValueError("requests per second, and perhaps a burst of 1 or more, as in 10,20")
    return RateLimit(per_second, at_once)
