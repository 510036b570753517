"""Files that only their owner reads: keys, and what says where they are."""

from __future__ import annotations

import os
from pathlib import Path

from shared.domain.errors import ConfigurationError


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
