"""Access settings: every problem is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.settings.access import AccessSettings, RateLimit, VaultSecret, read_access
from shared.settings.declaration import SettingReader

TENANT = "11111111-2222-3333-4444-555555555555"


def read(**environment: str) -> tuple[AccessSettings, list[str]]:
    """The parsed settings and their problems."""
    reader = SettingReader(environment)
    return read_access(reader), reader.problems


def test_keys_alone_are_enough() -> None:
    assert read(FACE_KEYS="one") == (AccessSettings(), [])


def test_keys_in_the_environment_beat_the_file() -> None:
    assert read(FACE_KEYS="one", FACE_KEYS_FILE="x")[0].keys_file is None
    assert read(FACE_KEYS_FILE="x")[0].keys_file == Path("x")


@pytest.mark.parametrize("environment", [{}, {"FACE_KEYS": " "}, {"FACE_RATE_LIMIT": "1"}])
def test_at_least_one_way_to_authenticate_must_be_configured(environment: dict[str, str]) -> None:
    assert read(**environment)[1] == ["FACE_KEYS must hold at least one key."]


def test_a_key_vault_takes_the_place_of_keys() -> None:
    access, problems = read(FACE_KEYS_VAULT_URL="https://name.vault.azure.net/")
    assert problems == []
    assert access.vault == VaultSecret("https://name.vault.azure.net", "face-keys")
    both = read(FACE_KEYS="one", FACE_KEYS_VAULT_URL="https://name.vault.azure.net")[1]
    assert both == ["FACE_KEYS and FACE_KEYS_VAULT_URL exclude each other; set one."]


@pytest.mark.parametrize(
    "url", ["name", "http://name.vault.azure.net", "https://", "ftp://x", "https://["]
)
def test_a_vault_is_spoken_to_by_https_only(url: str) -> None:
    assert read(FACE_KEYS_VAULT_URL=url)[1] == ["FACE_KEYS_VAULT_URL must be an https address."]


def test_a_secret_s_name_cannot_leave_its_path() -> None:
    problems = read(
        FACE_KEYS_VAULT_URL="https://v.vault.azure.net", FACE_KEYS_VAULT_SECRET="../keys/x"
    )[1]
    assert problems == ["FACE_KEYS_VAULT_SECRET must be a name of letters, digits and hyphens."]


def test_entra_needs_tenant_and_audience() -> None:
    needed = "FACE_ENTRA_TENANT_ID and FACE_ENTRA_AUDIENCE need each other; set both or neither."
    assert needed in read(FACE_KEYS="k", FACE_ENTRA_TENANT_ID=TENANT)[1]
    assert needed in read(FACE_KEYS="k", FACE_ENTRA_AUDIENCE="x")[1]
    wrong = read(FACE_KEYS="k", FACE_ENTRA_TENANT_ID="common", FACE_ENTRA_AUDIENCE="x")[1]
    assert wrong == ["FACE_ENTRA_TENANT_ID must be a GUID."]


def test_entra_s_addresses_follow_from_tenant_and_cloud() -> None:
    entra = read(FACE_ENTRA_TENANT_ID=TENANT, FACE_ENTRA_AUDIENCE="one, two")[0].entra
    assert entra is not None
    assert entra.audiences == ("one", "two")
    assert entra.issuers == (
        f"https://login.microsoftonline.com/{TENANT}/v2.0",
        f"https://sts.windows.net/{TENANT}/",
    )
    keys = f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"
    assert entra.signing_keys_url == keys
    china = read(
        FACE_ENTRA_TENANT_ID=TENANT,
        FACE_ENTRA_AUDIENCE="one",
        FACE_ENTRA_AUTHORITY="https://login.partner.microsoftonline.cn/",
        FACE_ENTRA_JWKS_URL="https://keys.example/set",
        FACE_ENTRA_CALLERS=f"{TENANT.upper()}, {TENANT}",
    )[0].entra
    assert china is not None
    assert china.issuers == (
        f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0",
        f"https://sts.chinacloudapi.cn/{TENANT}/",
    )
    assert china.signing_keys_url == "https://keys.example/set"
    assert china.callers == {TENANT}


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("10", RateLimit(10, 10)),
        ("10,20", RateLimit(10, 20)),
        ("0.5", RateLimit(0.5, 1)),
        ("0.3333, 20", RateLimit(0.3333, 20)),
    ],
)
def test_a_rate_limit_is_a_rate_and_perhaps_a_burst(text: str, limit: RateLimit) -> None:
    assert read(FACE_KEYS="k", FACE_RATE_LIMIT=text) == (AccessSettings(rate_limit=limit), [])


@pytest.mark.parametrize("text", ["0", "-1", "x", "10,0", "10,x", "nan", "inf", "1,2,3"])
def test_no_other_rate_limit_is_taken(text: str) -> None:
    (problem,) = read(FACE_KEYS="k", FACE_RATE_LIMIT=text)[1]
    assert problem.startswith("FACE_RATE_LIMIT must be requests per second")
