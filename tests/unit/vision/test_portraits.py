from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from tools.build.portraits import (
    FILES,
    FOLDER,
    PORTRAITS_DIRECTORY,
    WrongPortrait,
    complete,
    extract,
)


def _archive(path: Path, contents: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def _genuine() -> dict[str, bytes]:
    return {name: (PORTRAITS_DIRECTORY / name).read_bytes() for name in FILES}


def test_all_portraits_and_their_credits_are_taken_out(tmp_path: Path) -> None:
    target = tmp_path / "portraits"
    extract(_archive(tmp_path / "package.tar.gz", _genuine()), target)
    assert complete(target)
    assert {path.name for path in target.iterdir()} == set(FILES)


def test_a_wrong_portrait_is_refused_before_any_is_written(tmp_path: Path) -> None:
    contents = _genuine() | {"person_b_2.jpg": b"another person"}
    with pytest.raises(WrongPortrait, match=r"person_b_2\.jpg"):
        extract(_archive(tmp_path / "package.tar.gz", contents), tmp_path / "portraits")
    assert not (tmp_path / "portraits").exists()


def test_a_missing_portrait_is_refused(tmp_path: Path) -> None:
    contents = _genuine()
    del contents["impostor_2.jpg"]
    with pytest.raises(WrongPortrait, match=r"impostor_2\.jpg"):
        extract(_archive(tmp_path / "package.tar.gz", contents), tmp_path / "portraits")


def test_a_folder_that_lacks_a_file_is_not_complete(tmp_path: Path) -> None:
    for name, content in _genuine().items():
        (tmp_path / name).write_bytes(content)
    assert complete(tmp_path)
    (tmp_path / "CREDITS.md").unlink()
    assert not complete(tmp_path)
