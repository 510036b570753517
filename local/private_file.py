"""What only its owner reads: keys, what says where they are, and everything that is stored."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from shared.domain.errors import ConfigurationError

_LOGGER = logging.getLogger("lineament.host")

_STORED = ("azurite", "cache", "endpoint.json", "host_keys.json", "timers", "tls", "training")
_DATABASE = "lineament.sqlite*"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically; it is created readable by its owner only.

    Raises:
        ConfigurationError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise ConfigurationError(f"{path} cannot be written: {reason}.") from error


def withdraw_access(folder: Path) -> None:
    """Make what a data folder stores its owner's alone, as versions before 0.2 did not.

    The folder itself may be one that is shared, and stays as it is. What lies in a folder that only
    its owner opens is protected with it.
    """
    for path in _stored_in(folder):
        mode = path.lstat().st_mode
        if mode & _OTHERS == 0 or stat.S_ISLNK(mode):
            continue
        try:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
        except OSError as error:
            _LOGGER.warning("%s stays readable by others: %s", path, error.strerror)
        else:
            _LOGGER.info("%s is now readable by its owner only", path)


def _stored_in(folder: Path) -> Iterator[Path]:
    yield from (path for path in map(folder.joinpath, _STORED) if path.exists())
    yield from folder.glob(_DATABASE)
