"""The folder in which snapshots are written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.services.training import work_folder as work_folder_module
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


def test_the_directory_is_made_where_it_is_absent(tmp_path: Path) -> None:
    with work_folder(tmp_path / "data" / "training") as folder:
        assert folder.parent == tmp_path / "data" / "training"
    assert list((tmp_path / "data" / "training").iterdir()) == []


def test_what_another_process_removes_at_this_moment_does_not_fail_a_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = tmp_path / "going"
    going.symlink_to(tmp_path / "gone")  # it is listed, and has no properties
    with work_folder(tmp_path):
        assert going.is_symlink()
    going.unlink()

    def removed_meanwhile(left: Path) -> float:
        left.unlink()
        return 0.0

    (tmp_path / "file").write_bytes(b"stray")
    with monkeypatch.context() as race:
        race.setattr(work_folder_module, "_last_write", removed_meanwhile)
        with work_folder(tmp_path) as folder:
            assert list(tmp_path.iterdir()) == [folder]


def test_an_abandoned_folder_that_cannot_be_removed_does_not_fail_a_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    abandoned = tmp_path / "abandoned"
    abandoned.mkdir()
    os.utime(abandoned, (0, 0))
    rmdir = os.rmdir

    def refuse(path: str | Path, *, dir_fd: int | None = None) -> None:
        if Path(path).name == "abandoned":
            raise PermissionError(path)
        rmdir(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "rmdir", refuse)
    with work_folder(tmp_path) as folder:
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == [abandoned]
