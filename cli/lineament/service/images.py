"""Images that a command is given: a file, a URL, or ``-`` for standard input."""

from __future__ import annotations

import base64
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Any

from lineament.errors import Refused

_URL = ("http://", "https://")
SUFFIXES = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp",
    ".webp", ".avif", ".heic", ".heif", ".tif", ".tiff",
}  # fmt: skip
"""Files that are taken for images; the service decides."""
LARGEST_BYTES = 40 * 1024**2
"""Of a file that is read as an image: several times what the service takes."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as a request body.

    Attributes:
        name: what the command was given.
        content: its bytes; None for a URL, which the service fetches.
    """

    name: str
    content: bytes | None

    @property
    def body(self) -> dict[str, Any]:
        """Arguments of ``Client.call`` that send the image as the body."""
        return {"json": {"url": self.name}} if self.content is None else {"content": self.content}

    @property
    def reference(self) -> dict[str, str]:
        """The image inside a JSON body of Lineament's own routes."""
        if self.content is None:
            return {"url": self.name}
        return {"image": base64.b64encode(self.content).decode("ascii")}


@dataclass(frozen=True, slots=True)
class Listing:
    """What is below a folder, in order, without hidden files and what is in hidden folders.

    Attributes:
        files: with links whose target is missing, which cannot be read.
        unreadable: the folders whose files cannot be listed, each with a sentence that says why.
    """

    files: list[Path] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)


def list_below(folder: Path) -> Listing:
    """The files below a folder."""
    listing = Listing()

    def failed(error: OSError) -> None:
        place = Path(error.filename)
        listing.unreadable[place] = f"{place} cannot be read: {error.strerror}."

    for place, folders, names in os.walk(folder, onerror=failed):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = (Path(place, name) for name in names if not name.startswith("."))
        listing.files.extend(file for file in files if _may_be_read(file))
    listing.files.sort()
    return listing


def _may_be_read(file: Path) -> bool:
    """Whether it is a regular file, or an attempt to read it says what is wrong."""
    try:
        return S_ISREG(file.stat().st_mode)
    except OSError:
        return True


def images_below(folder: Path) -> list[Path]:
    """The files below a folder that are taken for images.

    Raises:
        Refused: the files of a folder cannot be listed.
    """
    listing = list_below(folder)
    for reason in listing.unreadable.values():
        raise Refused(reason)
    return [file for file in listing.files if has_image_suffix(file)]


def has_image_suffix(file: Path) -> bool:
    """Whether a file's name ends as an image's does."""
    return file.suffix.lower() in SUFFIXES


def read_image(text: str) -> Image:
    """The image that an argument names.

    Raises:
        Refused: the file cannot be read or is empty.
    """
    if text.startswith(_URL):
        return Image(text, None)
    content = sys.stdin.buffer.read(LARGEST_BYTES) if text == "-" else read_file(Path(text))
    if not content:
        raise Refused(f"{text} is empty.")
    return Image(text, content)


def read_file(path: Path, most: int = LARGEST_BYTES) -> bytes:
    """The bytes of a file.

    Raises:
        Refused: it cannot be read, or has more than ``most`` bytes.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(most + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > most:
        raise Refused(f"{path} has more than {most // 1024**2} MB.")
    return content
