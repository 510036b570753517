"""The folder in which snapshots are written."""

from __future__ import annotations

import os
from pathlib import Path

from shared.services.training.work_folder import work_folder


def test_a_stray_file_does_not_fail_a_training_and_goes_when_it_is_old(tmp_path: Path) -> None:
    old, young = tmp_path / "old", tmp_path / "young"
    for file in (old, young):
        file.write_bytes(b"stray")
    os.utime(old, (0, 0))

    with work_folder(tmp_path) as folder:
        assert folder.is_dir()
        assert not old.exists()
        assert young.exists()


def test_abandoned_folders_go_and_those_in_use_stay(tmp_path: Path) -> None:
    abandoned = tmp_path / "abandoned"
    abandoned.mkdir()
    (abandoned / "rows").write_bytes(b"half a snapshot")
    for path in (abandoned / "rows", abandoned):
        os.utime(path, (0, 0))

    with work_folder(tmp_path) as other, work_folder(tmp_path) as folder:
        assert other.is_dir()
        assert folder.is_dir()
        assert not abandoned.exists()
