"""Stamps: an installation step runs again only when its inputs change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


class Stamp:
    """A file that holds the digest of a step's inputs.

    Args:
        path: the stamp; it goes with the folder that the step fills.
        inputs: the files that decide what the step installs.
    """

    def __init__(self, path: Path, inputs: Iterable[Path]) -> None:
        self._path = path
        digest = hashlib.sha256()
        for file in inputs:
            digest.update(file.read_bytes())
        self._digest = digest.hexdigest()

    @property
    def is_current(self) -> bool:
        """Whether the step was carried out with these inputs."""
        return self._path.is_file() and self._path.read_text("ascii") == self._digest

    def write(self) -> None:
        """Record that the step was carried out."""
        self._path.write_text(self._digest, "ascii")
