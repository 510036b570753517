"""The host's own keys: made once, private, and checked by level."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.http.host_keys import HostKeys, load_or_make_keys
from shared.domain.errors import ConfigurationError

KEYS = HostKeys(master="m", default="d", blobs_extension="b")


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "data" / "host_keys.json"
    made = load_or_make_keys(file)
    assert load_or_make_keys(file) == made
    assert len({made.master, made.default, made.blobs_extension}) == 3
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "host_keys.json"
    file.write_text("[]")
    with pytest.raises(ConfigurationError, match="host_keys"):
        load_or_make_keys(file)


@pytest.mark.parametrize(
    ("level", "key", "admitted"),
    [
        ("anonymous", "", True),
        ("function", "", False),
        ("function", "d", True),
        ("function", "m", True),
        ("function", "b", False),
        ("admin", "d", False),
        ("admin", "m", True),
        ("admin", "ü", False),
    ],
)
def test_a_level_admits_its_keys(level: str, key: str, admitted: bool) -> None:
    assert KEYS.admits(level, {"x-functions-key": key}, {}) is admitted
    assert KEYS.admits(level, {"x-functions-key": f" {key} "}, {}) is admitted
    assert KEYS.admits(level, {}, {"CODE": key}) is admitted


def test_the_webhook_admits_the_blob_extension_and_the_master() -> None:
    admitted = [key for key in "mdbx" if KEYS.admits_webhook({}, {"code": key})]
    assert admitted == ["m", "b"]
