"""JPEG: decoded by libjpeg at the size that is needed."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
import PIL.Image
from PIL import JpegImagePlugin

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
    reduction,
)
from shared.vision.decoding.jpeg.structure import END_OF_IMAGE, JpegStructure, read_structure
from shared.vision.images import Image

SIGNATURE = b"\xff\xd8\xff"

_COEFFICIENT_BYTES = 128
"""Of a block of 8 by 8 in libjpeg."""

MAXIMUM_BLOCK_VISITS = 40_000_000
"""Blocks of all scans: libjpeg processes 30 to 60 million per second, including empty ones."""

_NOISE_BYTES = 4_096


def inspect(content: bytes) -> EncodedImage:
    """Read the markers of a JPEG file.

    Raises:
        InvalidImage: it has no frame or no scan, or takes more time than any camera's file.
        InvalidImageSize: too many pixels, or a progressive image with too many coefficients.
    """
    found = read_structure(content)
    width, height = found.width, found.height
    check_size(width, height)
    if sum(found.scan_blocks) > MAXIMUM_BLOCK_VISITS:
        raise InvalidImage(f"{UNREADABLE} The JPEG has too many scans for its size.")
    coefficients = found.blocks * _COEFFICIENT_BYTES if found.keeps_coefficients else 0
    if coefficients > limits.MAXIMUM_JPEG_COEFFICIENT_BYTES:
        most = width * height * limits.MAXIMUM_JPEG_COEFFICIENT_BYTES // coefficients
        raise InvalidImageSize(
            f"{TOO_BIG} A progressive JPEG of this colour sampling may have {most} pixels."
        )
    pixels = decoded_bytes(width, height)
    # Pillow holds 4 bytes per pixel and is released before an image is rotated.
    peak = coefficients + pixels * 4 // 3 + pixels + BAND_BYTES
    if not found.ended:
        peak += 2 * pixels
    return EncodedImage(width, height, peak, partial(_decode, found))


def _decode(found: JpegStructure) -> Image:
    data = b"".join(found.parts)
    canvas = _pixels(data + END_OF_IMAGE)
    image = canvas.image(exif.orientation(found.exif), (found.width, found.height))
    if not found.ended and not (found.has_all_coefficients and _is_whole(data, found, image)):
        raise InvalidImage(UNREADABLE)
    return image


def _pixels(data: bytes) -> Canvas:
    """Decode a file that holds only tables, frame and scans."""
    with PIL.Image.open(io.BytesIO(data), formats=("JPEG",)) as pillow_image:
        if not isinstance(pillow_image, JpegImagePlugin.JpegImageFile):
            raise InvalidImage(UNREADABLE)
        # One call of the decoder for the whole file: it repeats a block where data runs out.
        pillow_image.decodermaxblock = len(data)
        factor = reduction(pillow_image.width, pillow_image.height)
        pillow_image.draft(None, (pillow_image.width // factor, pillow_image.height // factor))
        pillow_image.load()
        canvas = Canvas(pillow_image.width, pillow_image.height, 1)
        canvas.add_whole(pillow_image)
        return canvas


def _is_whole(data: bytes, found: JpegStructure, image: Image) -> bool:
    """Whether the last scan of a file without an end marker is complete.

    libjpeg silently replaces missing data with zeros and skips surplus data. Noise after a complete
    scan therefore changes nothing, and noise after an incomplete one changes the image.
    """
    noise = np.random.default_rng(len(data)).integers(0, 255, _NOISE_BYTES, np.uint8)
    other = _pixels(data + noise.tobytes() + END_OF_IMAGE)
    again = other.image(exif.orientation(found.exif), (found.width, found.height))
    return bool(np.array_equal(image.pixels, again.pixels))
