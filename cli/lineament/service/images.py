"""Images that a command is given: a file, a URL, or ``-`` for standard input."""

from __future__ import annotations

import base64
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineament.errors import Refused

_URL = ("http://", "https://")
SUFFIXES = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp",
    ".webp", ".avif", ".heic", ".heif", ".tif", ".tiff",
}  # fmt: skip
"""Files that are taken for images; the service decides."""


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


def files_below(folder: Path) -> list[Path]:
    """The files below a folder, without hidden ones and what is in hidden folders, in order."""
    return [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]


def images_below(folder: Path) -> list[Path]:
    """Those of the files below a folder that are taken for images."""
    return [file for file in files_below(folder) if has_image_suffix(file)]


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
    content = sys.stdin.buffer.read() if text == "-" else read_file(Path(text))
    if not content:
        raise Refused(f"{text} is empty.")
    return Image(text, content)


def read_file(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        Refused: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
