"""One host at a time in a data folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local import data_lock
from local.data_lock import claim, empty_folder
from shared.domain.errors import ConfigurationError


def test_a_folder_is_locked_by_one_host_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_lock, "WAIT_SECONDS", 0.1)
    first = claim(tmp_path / "data")
    with pytest.raises(ConfigurationError, match="FACE_DATA_DIR"):
        claim(tmp_path / "data")
    os.close(first)
    os.close(claim(tmp_path / "data"))


def test_unfinished_files_of_a_killed_host_are_deleted(tmp_path: Path) -> None:
    left = tmp_path / "training"
    (left / "tmpabc").mkdir(parents=True)
    (left / "tmpabc" / "rows.f16").write_bytes(b"embeddings")
    (left / "stray").write_bytes(b"embeddings")

    empty_folder(left)
    empty_folder(tmp_path / "absent")

    assert list(left.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match=r"not usable: .*Choose another FACE_DATA_DIR"):
        claim(tmp_path / "file" / "data")
