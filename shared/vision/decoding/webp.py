"""WebP, which Azure AI Face does not accept: decoded by libwebp at full size."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial

import PIL.Image

from shared.domain import limits
from shared.domain.errors import InvalidImage, InvalidImageSize
from shared.vision.decoding import exif
from shared.vision.decoding.canvas import Canvas
from shared.vision.decoding.encoded import (
    BAND_BYTES,
    TOO_BIG,
    UNREADABLE,
    EncodedImage,
    check_size,
    decoded_bytes,
)
from shared.vision.images import Image

_BYTES_OF_PIXEL = 16
"""Images of 4 bytes per pixel: two in libwebp's animation decoder, two in Pillow; measured."""


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    height: int
    exif: bytes | None


def is_webp(content: bytes) -> bool:
    """Whether a file has WebP's signature."""
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def inspect(content: bytes) -> EncodedImage:
    """Read the chunks of a WebP file.

    Raises:
        InvalidImage: no chunk declares a size.
        InvalidImageSize: more pixels than the memory for a WebP decoder allows.
    """
    found = _header(content)
    check_size(found.width, found.height)
    if found.width * found.height > limits.MAXIMUM_WEBP_PIXELS:
        most = limits.MAXIMUM_WEBP_PIXELS
        raise InvalidImageSize(f"{TOO_BIG} A WebP image may have {most} pixels.")
    peak = _BYTES_OF_PIXEL * found.width * found.height + BAND_BYTES
    peak += decoded_bytes(found.width, found.height)
    return EncodedImage(found.width, found.height, peak, partial(_decode, content, found))


def _decode(content: bytes, found: _Header) -> Image:
    with PIL.Image.open(io.BytesIO(content), formats=("WEBP",)) as pillow_image:
        if pillow_image.size != (found.width, found.height):
            raise InvalidImage(UNREADABLE)
        pillow_image.load()
        canvas = Canvas.for_image(pillow_image.width, pillow_image.height)
        canvas.add_whole(pillow_image)
    return canvas.image(exif.orientation(found.exif))


def _header(content: bytes) -> _Header:
    """The size that the first chunk declares, and the EXIF block (RFC 9649 §2.7)."""
    at, size, block = 12, None, None
    while at + 8 <= len(content):
        name = content[at : at + 4]
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        body = content[at + 8 : at + 8 + min(length, 10)]
        if size is None:
            size = _size(name, body)
        if name == b"EXIF" and block is None:
            block = content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    if size is None:
        raise InvalidImage(UNREADABLE)
    return _Header(*size, block)


def _size(name: bytes, body: bytes) -> tuple[int, int] | None:
    """Width and height from a chunk of one of the three kinds that declare them."""
    if len(body) < 10 and not (name == b"VP8L" and len(body) >= 5):
        return None
    if name == b"VP8X":
        width, height = (int.from_bytes(body[i : i + 3], "little") + 1 for i in (4, 7))
        return width, height
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        return width, height
    if name == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None
