"""Temporary folders for files being written, and the removal of folders left by a crash."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_ABANDONED_AFTER = 3_600.0
"""Seconds without a write after which a folder is considered abandoned; longer than any upload."""


@contextmanager
def work_folder(directory: Path) -> Iterator[Path]:
    """Create a folder below a directory and remove it at the end; removes abandoned ones too.

    A killed process leaves its folder behind, and a snapshot can fill much of a disk.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for left in directory.iterdir():
        if _last_write(left) < time.time() - _ABANDONED_AFTER:
            _remove(left)
    with TemporaryDirectory(dir=directory) as folder_name:
        yield Path(folder_name)


def _remove(left: Path) -> None:
    if left.is_dir():
        shutil.rmtree(left, ignore_errors=True)
    else:
        left.unlink(missing_ok=True)


def _last_write(left: Path) -> float:
    try:
        inside = left.iterdir() if left.is_dir() else ()
        return max(float(path.stat().st_mtime) for path in (left, *inside))
    except FileNotFoundError:
        return time.time()  # its owner is removing it concurrently
