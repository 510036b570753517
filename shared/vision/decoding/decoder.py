"""Recognises the format of a file and inspects and decodes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from shared.domain import limits
from shared.domain.errors import InvalidImage, InvalidImageSize, LineamentError
from shared.vision.decoding import gif, webp
from shared.vision.decoding.bmp import image as bmp
from shared.vision.decoding.encoded import (
    INFERENCE_BYTES,
    TOO_BIG,
    TOO_SMALL,
    UNREADABLE,
    EncodedImage,
    decoded_bytes,
)
from shared.vision.decoding.heif import image as heif
from shared.vision.decoding.jpeg import image as jpeg
from shared.vision.decoding.png import image as png
from shared.vision.decoding.png.chunks import SIGNATURE as PNG_SIGNATURE
from shared.vision.images import Image


def inspect(content: bytes) -> EncodedImage:
    """Read the header of an image file: JPEG, PNG, GIF (first frame), BMP, WebP, AVIF, HEIC.

    No pixel is decoded. The size of the file is checked before its content is read.

    Raises:
        InvalidImageSize: the file has fewer than 1,024 bytes or more than 6 MiB, or the image has
            more pixels than its format may have.
        InvalidImage: it is not an image in one of these formats.
    """
    if len(content) < limits.MINIMUM_IMAGE_BYTES:
        raise InvalidImageSize(TOO_SMALL)
    if len(content) > limits.MAXIMUM_IMAGE_BYTES:
        raise InvalidImageSize(TOO_BIG)
    with _faults_as_invalid_image():
        found = _inspector(content)(content)
    detecting = decoded_bytes(found.width, found.height) + INFERENCE_BYTES
    return replace(
        found,
        peak_bytes=max(found.peak_bytes, detecting),
        decode=partial(_decode, found.decode),
    )


def decode(content: bytes) -> Image:
    """The image in a file, upright by its EXIF orientation, transparency laid over white.

    Raises:
        InvalidImageSize, InvalidImage: as for `inspect`, or the pixels are incomplete.
    """
    return inspect(content).decode()


def _inspector(content: bytes) -> Callable[[bytes], EncodedImage]:
    if content.startswith(jpeg.SIGNATURE):
        return jpeg.inspect
    if content.startswith(PNG_SIGNATURE):
        return png.inspect
    if content.startswith(gif.SIGNATURES):
        return gif.inspect
    if content.startswith(bmp.SIGNATURE):
        return bmp.inspect
    if webp.is_webp(content):
        return webp.inspect
    if heif.is_heif(content):
        return heif.inspect
    raise InvalidImage(UNREADABLE)


def _decode(decode: Callable[[], Image]) -> Image:
    with _faults_as_invalid_image():
        return decode()


@contextmanager
def _faults_as_invalid_image() -> Iterator[None]:
    """Map whatever a decoder raises to InvalidImage, except MemoryError."""
    try:
        yield
    except (LineamentError, MemoryError):
        raise
    except Exception as error:
        raise InvalidImage(UNREADABLE) from error
