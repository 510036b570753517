"""GIF: the first image, decoded by Pillow from a file that holds nothing else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial

import PIL.Image

from shared.domain.errors import InvalidImage
from shared.vision.decoding.canvas import Canvas
from shared.vision.decoding.encoded import (
    BAND_BYTES,
    UNREADABLE,
    EncodedImage,
    check_size,
    decoded_bytes,
)
from shared.vision.images import Image

SIGNATURES = (b"GIF87a", b"GIF89a")

_HEADER_BYTES = 13
_EXTENSION, _IMAGE = 0x21, 0x2C
_GRAPHIC_CONTROL = 0xF9
_DESCRIPTOR_BYTES = 10
_TRAILER = b";"


@dataclass(frozen=True, slots=True)
class _FirstImage:
    """A file that holds only the first image.

    Attributes:
        width: columns of the logical screen, extended to the image's right edge.
        height: rows of the logical screen, extended to the image's lower edge.
    """

    data: bytes
    width: int
    height: int


def inspect(content: bytes) -> EncodedImage:
    """Read the blocks of a GIF file up to its first image.

    Raises:
        InvalidImage: there is no image, or its data is incomplete.
        InvalidImageSize: too many pixels.
    """
    found = _first_image(content)
    pixels = decoded_bytes(found.width, found.height)
    peak = 2 * found.width * found.height + pixels + BAND_BYTES
    return EncodedImage(found.width, found.height, peak, partial(_decode, found))


def _decode(found: _FirstImage) -> Image:
    with PIL.Image.open(io.BytesIO(found.data), formats=("GIF",)) as pillow_image:
        pillow_image.load()
        canvas = Canvas.for_image(pillow_image.width, pillow_image.height)
        canvas.add_whole(pillow_image)
    return canvas.image()


def _first_image(content: bytes) -> _FirstImage:
    at = _HEADER_BYTES + _table_bytes(content, 10)
    parts = [content[:at]]
    control = b""
    while at < len(content):
        if content[at] == _EXTENSION:
            end = _end_of_blocks(content, at + 2)
            if content[at + 1 : at + 2] == bytes((_GRAPHIC_CONTROL,)):
                control = content[at:end]
            at = end
        elif content[at] == _IMAGE:
            width, height = _screen(content, at)
            data = at + _DESCRIPTOR_BYTES + _table_bytes(content, at + 9)
            # One byte of code size, then the blocks of data.
            parts += [control, content[at : _end_of_blocks(content, data + 1)], _TRAILER]
            return _FirstImage(b"".join(parts), width, height)
        else:
            break
    raise InvalidImage(UNREADABLE)


def _screen(content: bytes, at: int) -> tuple[int, int]:
    """Width and height of what is shown: the screen, and the image whose descriptor is there.

    Browsers show an image that its screen does not hold, one on a screen of no size included, and
    so does Pillow.
    """
    left, top, width, height = (_number(content, at + 1 + 2 * field) for field in range(4))
    check_size(width, height)
    shown = max(_number(content, 6), left + width), max(_number(content, 8), top + height)
    check_size(*shown)
    return shown


def _number(content: bytes, at: int) -> int:
    if at + 2 > len(content):
        raise InvalidImage(UNREADABLE)
    return int.from_bytes(content[at : at + 2], "little")


def _table_bytes(content: bytes, at: int) -> int:
    """The bytes of the colour table that the flags at an offset declare; 0 if there is none."""
    if at >= len(content):
        raise InvalidImage(UNREADABLE)
    flags = content[at]
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(content: bytes, at: int) -> int:
    """The offset after a series of blocks, which ends with an empty block or with the file."""
    size = len(content)
    while at < size:
        length = content[at]
        at += 1 + length
        if length == 0:
            break
    return min(at, size)
