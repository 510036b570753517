"""Files and folders that a command writes: checked before it does anything else."""

from __future__ import annotations

import os
from pathlib import Path

import click


class NewFile(click.Path):
    """A file to write, in a folder that exists."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """The path; fails if it cannot be written."""
        file = Path(os.fsdecode(super().convert(value, param, ctx)))
        _check(self, file.absolute().parent, param, ctx)
        if file.exists() and not os.access(file, os.W_OK):
            self.fail(f"{file} cannot be written.", param, ctx)
        return file


class NewFolder(click.Path):
    """A folder to write files into, which is made if it is missing."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """The path; fails if no files can be written there."""
        folder = Path(os.fsdecode(super().convert(value, param, ctx)))
        place = folder.absolute()
        while not place.exists():
            place = place.parent
        _check(self, place, param, ctx)
        return folder


def open_private(path: str, flags: int) -> int:
    """An opener for ``open``: what it creates only its owner can read."""
    return os.open(path, flags, 0o600)


def _check(
    kind: click.Path,
    folder: Path,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> None:
    if not folder.is_dir():
        kind.fail(f"{folder} is no directory.", param, ctx)
    if not os.access(folder, os.W_OK | os.X_OK):
        kind.fail(f"Nothing can be written to the directory {folder}.", param, ctx)
