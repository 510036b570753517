"""The images that benchmarks use: reference images where present, otherwise the portraits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.build.portraits import FILES, PORTRAITS_DIRECTORY
from tools.reference_data import data_folder


def sample_images() -> tuple[str, list[bytes]]:
    """The name of the sample, and the contents of its files."""
    origin, files = _sample_files()
    return origin, [file.read_bytes() for file in files]


def comparison_images() -> tuple[str, Sequence[Path]]:
    """The same for comparisons with peers, with the images of crowds where present."""
    origin, files = _sample_files()
    crowd = sorted((data_folder() / "crowd").glob("*.jpg"))
    return (f"{origin} and crowd", [*files, *crowd]) if crowd else (origin, files)


def _sample_files() -> tuple[str, Sequence[Path]]:
    faces = data_folder() / "faces"
    if faces.is_dir():
        return "the reference faces", sorted(faces.glob("*.jpg"))
    names = [name for name in FILES if name.endswith(".jpg")]
    return "portraits", [PORTRAITS_DIRECTORY / name for name in names]
