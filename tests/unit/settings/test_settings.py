"""Settings: every invalid value is reported, and the valid ones are parsed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.domain.collections import PERSON_GROUP
from shared.domain.errors import InvalidSettings
from shared.settings.service import Settings

ROOT = Path(__file__).resolve().parents[3]
GOOD = {"FACE_KEYS": "one,two", "AzureWebJobsStorage": "UseDevelopmentStorage=true"}
BAD = {
    "FACE_STORE": "nowhere",
    "FACE_CACHE_MAX_BYTES": "1",
    "FACE_URL_ALLOW_PRIVATE": "perhaps",
    "FACE_INFERENCE_CONCURRENCY": "0",
    "FACE_INFERENCE_WAITING": "-1",
    "FACE_UPLOAD_RETENTION_DAYS": "0.5",
    "FACE_TIER": "S9",
    "FACE_QUOTAS": "Person.faces=none",
    "FACE_DATA_DIR": "~no-such-user/data",
}


def problems(environment: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_environment(environment)
    return refused.value.problems


def test_keys_and_storage_are_enough() -> None:
    settings = Settings.from_environment(GOOD)
    assert settings.cache_maximum_bytes == 600_000_000
    assert settings.quotas.of(PERSON_GROUP).items == 10_000


def test_every_bad_value_is_reported_at_once() -> None:
    found = problems(BAD)
    for name in (*BAD, "AzureWebJobsStorage"):
        assert any(name in problem for problem in found), name


@pytest.mark.parametrize("name", BAD)
def test_one_bad_value_alone_is_one_problem(name: str) -> None:
    (problem,) = problems({**GOOD, name: BAD[name]})
    assert problem.startswith(f"{name} must be ")


def test_a_tier_and_single_quotas_go_together() -> None:
    wanted = {**GOOD, "FACE_TIER": "F0", "FACE_QUOTAS": "PersonGroup.count=5"}
    quotas = Settings.from_environment(wanted).quotas
    assert quotas.of(PERSON_GROUP).collections == 5
    assert quotas.of(PERSON_GROUP).items == 1_000


def test_storage_by_identity_needs_both_addresses() -> None:
    blob = {"AzureWebJobsStorage__blobServiceUri": "https://a.blob.example"}
    queue = {"AzureWebJobsStorage__queueServiceUri": "https://a.queue.example"}
    keys = {"FACE_KEYS": "one"}
    assert any("AzureWebJobsStorage" in problem for problem in problems({**keys, **blob}))
    storage = Settings.from_environment({**keys, **blob, **queue}).storage
    assert storage.connection_string is None
    assert storage.blob_uri == "https://a.blob.example"


def test_no_secret_is_in_the_representation() -> None:
    secret = "AccountName=a;AccountKey=c2VjcmV0"
    settings = Settings.from_environment({**GOOD, "AzureWebJobsStorage": secret})
    assert "c2VjcmV0" not in repr(settings)
    assert "two" not in repr(settings)


def test_the_example_s_placeholder_is_no_key() -> None:
    example = json.loads((ROOT / "local.settings.example.json").read_text("utf-8"))["Values"]
    with pytest.raises(InvalidSettings, match="placeholder"):
        Settings.from_environment(example)
