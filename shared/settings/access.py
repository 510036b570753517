"""Settings of access: valid keys and tokens, and the rate limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from shared.settings.declaration import SettingReader, declared, setting
from shared.settings.parsers import (
    blank_or,
    expanded_path,
    guid,
    guids,
    listed,
    optional,
    secure_url,
)
from shared.settings.process import CLIENT_ID

PLACEHOLDER = "replace-with-your-own-key"
"""The key of local.settings.example.json, which is never valid."""

_KEYS_IN_VAULT = "keys come from the vault"


def _secret_name(text: str) -> str:
    """Key Vault's own rule: 1 to 127 letters, digits and hyphens."""
    if len(text) > 127 or not text.isascii() or not text.replace("-", "a").isalnum():
        raise ValueError("a name of letters, digits and hyphens")
    return text


@dataclass(frozen=True, slots=True)
class VaultSecret:
    """A secret of a Key Vault, and the identity to read it with."""

    vault_url: str = setting(
        "FACE_KEYS_VAULT_URL",
        "",
        blank_or(secure_url),
        "A Key Vault, as in https://name.vault.azure.net, whose secret holds the keys, separated by"
        " commas; read again every 30 s. In place of FACE_KEYS.",
    )
    name: str = setting(
        "FACE_KEYS_VAULT_SECRET",
        "face-keys",
        _secret_name,
        "Name of that secret.",
    )
    client_id: str | None = declared(CLIENT_ID)


@dataclass(frozen=True, slots=True)
class EntraSettings:
    """The Entra ID access tokens that are valid.

    Attributes:
        issuers: values of ``iss``: the tenant's, in its version 1 and 2 spelling.
        callers: object ids; empty: all.
    """

    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    signing_keys_url: str
    callers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests per second of one caller at one instance, and the size of a burst."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Access settings. They contain no keys, only where keys are read from."""

    keys_file: Path | None = None
    vault: VaultSecret | None = None
    entra: EntraSettings | None = None
    rate_limit: RateLimit | None = None


class _Given(Enum):
    """The keys in FACE_KEYS."""

    NOTHING = auto()
    THE_PLACEHOLDER = auto()
    KEYS = auto()


def _given(text: str) -> _Given:
    if not text:
        return _Given.NOTHING
    return _Given.THE_PLACEHOLDER if PLACEHOLDER in text else _Given.KEYS


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


@dataclass(frozen=True, slots=True)
class KeySettings:
    """Callers' keys and the rate limit, as the environment gives them; without the keys."""

    given: _Given = setting(
        "FACE_KEYS",
        "",
        _given,
        "Keys that callers may use, separated by commas; all are valid at once.",
        example=PLACEHOLDER,
        left_out=_KEYS_IN_VAULT,
    )
    file: Path | None = setting(
        "FACE_KEYS_FILE",
        "",
        optional(expanded_path),
        "A local.settings.json whose FACE_KEYS is used, and read again every 30 s, where FACE_KEYS"
        " is not set.",
        left_out=_KEYS_IN_VAULT,
    )
    rate_limit: RateLimit | None = setting(
        "FACE_RATE_LIMIT",
        "",
        optional(_rate_limit),
        "Requests that a key may make per second and instance, and after a comma how many at once,"
        " as in 10,20. Empty: no limit.",
    )


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Entra ID tokens, as the environment describes them."""

    tenant: str = setting(
        "FACE_ENTRA_TENANT_ID",
        "",
        blank_or(guid),
        "Tenant (a GUID) whose Entra ID access tokens are valid beside keys.",
    )
    audiences: tuple[str, ...] = setting(
        "FACE_ENTRA_AUDIENCE",
        "",
        listed,
        "Audiences that such a token may be for, separated by commas: the application id, or the"
        " application id URI, of this service's own app registration.",
    )
    callers: frozenset[str] = setting(
        "FACE_ENTRA_CALLERS",
        "",
        guids,
        "Object ids of the users and service principals whose tokens are valid, separated by"
        " commas. Empty: of all that get a token for the audience.",
    )
    authority: str = setting(
        "FACE_ENTRA_AUTHORITY",
        "https://login.microsoftonline.com",
        secure_url,
        "Address of Entra ID; another one in sovereign clouds.",
    )
    signing_keys_url: str | None = setting(
        "FACE_ENTRA_JWKS_URL",
        "",
        optional(secure_url),
        "Address of the tenant's signing keys, if not authority/tenant/discovery/v2.0/keys.",
        left_out="the address follows from authority and tenant",
    )


ACCESS_GROUPS: tuple[type, ...] = (KeySettings, VaultSecret, TokenSettings)


def read_access(reader: SettingReader) -> AccessSettings:
    """Read the settings; problems are collected by the reader."""
    keys = reader.group(KeySettings)
    given = keys.given is not _Given.NOTHING
    access = AccessSettings(
        keys_file=None if given else keys.file,
        vault=reader.group(VaultSecret) if reader.is_set("FACE_KEYS_VAULT_URL") else None,
        entra=_entra(reader),
        rate_limit=keys.rate_limit,
    )
    if not given and access == AccessSettings(rate_limit=access.rate_limit):
        reader.problems.append("FACE_KEYS must hold at least one key.")
    if keys.given is _Given.THE_PLACEHOLDER:
        reader.problems.append("FACE_KEYS still holds the example's placeholder; choose a key.")
    if given and access.vault is not None:
        reader.problems.append("FACE_KEYS and FACE_KEYS_VAULT_URL exclude each other; set one.")
    return access


def _entra(reader: SettingReader) -> EntraSettings | None:
    given = [reader.is_set(name) for name in ("FACE_ENTRA_TENANT_ID", "FACE_ENTRA_AUDIENCE")]
    if not any(given):
        return None
    if not all(given):
        reader.problems.append(
            "FACE_ENTRA_TENANT_ID and FACE_ENTRA_AUDIENCE need each other; set both or neither."
        )
        return None
    tokens = reader.group(TokenSettings)
    issuer = f"{tokens.authority}/{tokens.tenant}"
    return EntraSettings(
        issuers=(f"{issuer}/v2.0", f"{_version_1(tokens.authority)}/{tokens.tenant}/"),
        audiences=tokens.audiences,
        signing_keys_url=tokens.signing_keys_url or f"{issuer}/discovery/v2.0/keys",
        callers=tokens.callers,
    )


def _version_1(authority: str) -> str:
    """The issuer of version 1 tokens: one address per cloud, whatever the authority is."""
    china = authority.endswith((".cn", "chinacloudapi.cn"))
    return "https://sts.chinacloudapi.cn" if china else "https://sts.windows.net"
