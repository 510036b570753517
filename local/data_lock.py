"""Locks a data folder: two hosts in one folder would overwrite each other's storage."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from pathlib import Path

from shared.domain.errors import ConfigurationError

WAIT_SECONDS = 10.0
"""An Azurite whose host was killed holds the lock until it has written its tables."""


def claim(folder: Path) -> int:
    """Lock a folder until this process, and every child that inherits the lock, has ended.

    Returns:
        The file descriptor that carries the lock.

    Raises:
        ConfigurationError: another host uses the folder, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        reason = (error.strerror or "it cannot be written").lower()
        raise ConfigurationError(
            f"The data folder {folder} is not usable: {reason}. Choose another FACE_DATA_DIR."
        ) from error
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise ConfigurationError(
                    f"Another host uses {folder}. Stop it, or choose another FACE_DATA_DIR."
                ) from None
            time.sleep(0.05)
        else:
            return descriptor


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
