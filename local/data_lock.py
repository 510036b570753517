"""Locks a data folder: two hosts in one folder would overwrite each other's storage."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.domain.errors import ConfigurationError

WAIT_SECONDS = 50.0
"""An Azurite whose host was killed holds the lock until it has written its tables, and a host that
is being stopped until it has ended: at most 48 s, see `launch._stop`."""

LOCK_FILES = ("lock", "serving")


@dataclass(frozen=True, slots=True)
class DataLock:
    """The lock of a data folder.

    Attributes:
        descriptor: holds the folder until this process, and every child that inherits it, ends.
        serving: a record lock, which no child inherits: held while this process serves.
    """

    descriptor: int
    serving: int

    def end_soon(self) -> None:
        """Let the next host wait for this one instead of giving up."""
        fcntl.lockf(self.serving, fcntl.LOCK_UN)

    def release(self) -> None:
        """Release the folder, unless a child holds it."""
        os.close(self.serving)
        os.close(self.descriptor)


def claim(folder: Path) -> DataLock:
    """Lock a folder.

    Waits for a holder that is ending; a host that serves is reported at once.

    Raises:
        ConfigurationError: another host uses the folder, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = DataLock(
            *(os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600) for name in LOCK_FILES)
        )
    except OSError as error:
        reason = (error.strerror or "it cannot be written").lower()
        raise ConfigurationError(
            f"The data folder {folder} is not usable: {reason}. Choose another FACE_DATA_DIR."
        ) from error
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        is_served = not _try(fcntl.lockf, lock.serving)
        if not is_served and _try(fcntl.flock, lock.descriptor):
            return lock
        if is_served or time.monotonic() > deadline:
            lock.release()
            raise ConfigurationError(
                f"Another host uses {folder}. Stop it, or choose another FACE_DATA_DIR."
            )
        time.sleep(0.05)


def _try(take: Callable[[int, int], object], descriptor: int) -> bool:
    try:
        take(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        # POSIX leaves to the system which of the two says that another process holds it.
        return False
    return True


def empty_folder(folder: Path) -> None:
    """Delete what a killed host left in a folder of unfinished files.

    Only the holder of the lock may call this: no other process writes there.
    """
    if not folder.is_dir():
        return
    for left in folder.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
