"""Which photographs benchmarks look at: the sample photographs beside the project, or portraits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.build.portraits import FILES, PORTRAITS_DIRECTORY

_SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def sample_photographs() -> tuple[str, list[bytes]]:
    """Where they come from, in a word, and their contents."""
    origin, files = _sample_files()
    return origin, [file.read_bytes() for file in files]


def compared_photographs() -> tuple[str, Sequence[Path]]:
    """Those that peers are compared on: with them a crowd, where there is one."""
    origin, files = _sample_files()
    crowd = sorted((_SHARED / "crowd").glob("*.jpg"))
    return (f"{origin} and crowd", [*files, *crowd]) if crowd else (origin, files)


def _sample_files() -> tuple[str, Sequence[Path]]:
    if (_SHARED / "faces").is_dir():
        return "../shared/data/faces", sorted((_SHARED / "faces").glob("*.jpg"))
    names = [name for name in FILES if name.endswith(".jpg")]
    return "portraits", [PORTRAITS_DIRECTORY / name for name in names]
