"""What earlier versions stored for everybody becomes its owner's alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from local.private_file import withdraw_access

STORED = ("azurite", "cache", "host_keys.json", "lineament.sqlite", "lineament.sqlite-wal")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with the modes of an earlier version, beside something else."""
    for name in ("azurite", "cache"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one").write_bytes(b"embedding")
    for name in (*STORED[2:], "mine.txt"):
        (tmp_path / name).write_text("text")
    for path in tmp_path.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    tmp_path.chmod(0o755)
    return tmp_path


def test_what_is_stored_becomes_readable_by_its_owner_only(folder: Path) -> None:
    withdraw_access(folder)
    assert {mode_of(folder / name) for name in ("azurite", "cache")} == {0o700}
    assert {mode_of(folder / name) for name in STORED[2:]} == {0o600}
    assert (folder / "azurite" / "one").read_bytes() == b"embedding"


def test_what_is_not_the_service_s_stays_as_it_is(folder: Path) -> None:
    outside = folder / "mine.txt"
    (folder / "tls").symlink_to(outside)
    withdraw_access(folder)
    assert (mode_of(outside), mode_of(folder)) == (0o644, 0o755)


def test_an_empty_folder_is_no_error(tmp_path: Path) -> None:
    withdraw_access(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_changed_is_reported(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", denied)
    withdraw_access(folder)
    assert "stays readable by others: Operation not permitted" in caplog.text
