"""The result of inspecting an image file, and the bounds common to all formats."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain import limits
from shared.domain.errors import InvalidImage, InvalidImageSize
from shared.vision.images import Image

TOO_SMALL = "Image size is too small."
TOO_BIG = "Image size is too big."
UNREADABLE = "Decoding error, image format unsupported."

BAND_BYTES = 48_000_000
"""Measured upper bound of the bytes of a band's buffers, the file and the decoder's state."""

INFERENCE_BYTES = 140_000_000
"""Measured upper bound of the bytes that detection takes besides a decoded image."""


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image file whose header was read and whose pixels were not.

    Attributes:
        width: columns as stored, before the EXIF orientation is applied.
        height: rows as stored.
        peak_bytes: upper bound of the memory that `decode` takes, including its result, and that
            detection takes afterwards.
        decode: decodes the pixels; raises InvalidImage if the file is incomplete.
    """

    width: int
    height: int
    peak_bytes: int
    decode: Callable[[], Image]


def reduction(width: int, height: int) -> int:
    """The factor, 1 or 2, by which both sides are reduced while decoding.

    The smallest face that is reported grows with the image (`limits.MINIMUM_FACE_PIXELS_AT`): at
    64 megapixels it is 267 pixels high, so that half the size shows it in enough detail.
    """
    return 1 if width * height <= limits.UNREDUCED_IMAGE_PIXELS else 2


def decoded_bytes(width: int, height: int) -> int:
    """The bytes of an image's RGB pixels after reduction."""
    factor = reduction(width, height)
    return 3 * math.ceil(width / factor) * math.ceil(height / factor)


def check_size(width: int, height: int) -> None:
    """Check the dimensions that a header declares.

    Raises:
        InvalidImage: a side is 0.
        InvalidImageSize: a side or the number of pixels exceeds its limit.
    """
    if width < 1 or height < 1:
        raise InvalidImage(UNREADABLE)
    if width * height > limits.MAXIMUM_IMAGE_PIXELS or max(width, height) > limits.MAXIMUM_SIDE:
        raise InvalidImageSize(TOO_BIG)
