"""Bytes to pixels: bounded before they are parsed, upright and in plain RGB afterwards."""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ExifTags

from shared.domain import limits
from shared.domain.errors import InvalidImage, InvalidImageSize

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")
"""Azure's four, and WebP. No other decoder of Pillow ever sees a caller's bytes."""

TOO_SMALL = "Image size is too small."
TOO_BIG = "Image size is too big."
UNREADABLE = "Decoding error, image format unsupported."

_SIXTEEN_TO_EIGHT = 257
"""65535 / 255."""

_TURNS = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}
"""EXIF orientation to the turn that sets the picture upright (EXIF 2.32, tag 0x0112)."""

_WARNING_FILTERS = threading.Lock()

_DECODING_FAULTS = (
    OSError,  # truncated or corrupt data, and PIL.UnidentifiedImageError
    SyntaxError,  # Pillow's word for a broken PNG or GIF
    ValueError,
    EOFError,
)


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """An upright picture.

    Attributes:
        pixels: uint8, (height, width, 3), RGB, C-contiguous, read-only.
    """

    pixels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Hold the shape to what every user of the pixels counts on."""
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
            raise ValueError("An image's pixels are uint8 of shape (height, width, 3).")
        if 0 in self.pixels.shape:
            raise ValueError("An image has at least one pixel.")
        if not self.pixels.flags.c_contiguous:
            raise ValueError("An image's pixels are C-contiguous.")

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])


def decode(content: bytes) -> Image:
    """The picture in a file: JPEG, PNG, GIF (first frame), BMP or WebP.

    EXIF orientation is applied, transparency is laid over white, 16 bits are scaled to 8.
    The size of the file is checked first, the number of pixels from the header alone.

    Raises:
        InvalidImageSize: the file has fewer than 1,024 bytes or more than 6 MiB, or the picture
            has more than `limits.MAXIMUM_IMAGE_PIXELS` pixels.
        InvalidImage: it is no whole picture in one of these formats.
    """
    if len(content) < limits.MINIMUM_IMAGE_BYTES:
        raise InvalidImageSize(TOO_SMALL)
    if len(content) > limits.MAXIMUM_IMAGE_BYTES:
        raise InvalidImageSize(TOO_BIG)
    with _faults_as_invalid_image(), _opened(content) as picture:
        if picture.width * picture.height > limits.MAXIMUM_IMAGE_PIXELS:
            raise InvalidImageSize(TOO_BIG)
        picture.load()
        turn = _TURNS.get(_orientation(picture))
        plain = _opaque_rgb(picture)
        return Image(np.asarray(plain if turn is None else plain.transpose(turn)))


def _opened(content: bytes) -> PIL.Image.Image:
    """The picture with its header read and no pixel decoded."""
    with _warnings_unheard():
        return PIL.Image.open(io.BytesIO(content), formats=FORMATS)


def _orientation(picture: PIL.Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none, or EXIF is broken."""
    with _warnings_unheard():
        try:
            value = picture.getexif().get(ExifTags.Base.Orientation)
        except (OSError, SyntaxError, ValueError, struct.error):
            # The picture itself is whole. Viewers show it as it lies, so do we.
            return 1
    return value if isinstance(value, int) else 1


def _opaque_rgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The picture as RGB, whatever its mode, with what is transparent laid over white."""
    if picture.mode.startswith("I"):
        return _from_sixteen_bits(picture)
    if picture.has_transparency_data:
        coloured = picture.convert("RGBA")
        white = PIL.Image.new("RGBA", coloured.size, (255, 255, 255, 255))
        return PIL.Image.alpha_composite(white, coloured).convert("RGB")
    # Pillow's conversion of what is RGB already copies the picture, which takes 2 ms a megapixel.
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _from_sixteen_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Grey of 16 bits, scaled to 8; Pillow's own conversion would clip it at 255."""
    grey = np.asarray(picture).astype(np.uint32)
    eight = ((grey + _SIXTEEN_TO_EIGHT // 2) // _SIXTEEN_TO_EIGHT).astype(np.uint8)
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        eight[grey == transparent] = 255
    return PIL.Image.fromarray(eight).convert("RGB")


@contextmanager
def _warnings_unheard() -> Iterator[None]:
    """Keep Pillow's warnings about odd headers to itself: what matters of them, we check.

    The list of warning filters belongs to the process, so only one thread at a time changes it.
    Headers take microseconds; pixels are never decoded in here.
    """
    with _WARNING_FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _faults_as_invalid_image() -> Iterator[None]:
    try:
        yield
    except PIL.Image.DecompressionBombError as error:
        # Pillow's own bound, wherever the process has set it; ours is checked all the same.
        raise InvalidImageSize(TOO_BIG) from error
    except _DECODING_FAULTS as error:
        raise InvalidImage(UNREADABLE) from error
