"""PNG: decoded band by band.

Pillow's own reader holds the image at full size several times and fails on metadata. Its decoder
of zlib data undoes the filters of any rows of 8-bit samples, so it is given a band at a time, with
the row above the band in front. Samples of 16 bits are two such images, of high and of low bytes:
no filter mixes them.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from functools import partial

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from shared.domain.errors import InvalidImage
from shared.vision.decoding import exif
from shared.vision.decoding.canvas import Canvas, opaque_rgb
from shared.vision.decoding.encoded import (
    BAND_BYTES,
    UNREADABLE,
    EncodedImage,
    check_size,
    decoded_bytes,
    reduction,
)
from shared.vision.decoding.png.chunks import InflatedRows, PngChunks, read_chunks
from shared.vision.decoding.png.samples import Samples
from shared.vision.images import Image

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}

_PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Adam7: first column, first row, step in columns, step in rows (PNG §8.1)."""

_BAND_BYTES = 1 << 21
"""Of decompressed rows or, where a byte holds several samples, of unpacked samples."""


def inspect(content: bytes) -> EncodedImage:
    """Read the chunks of a PNG file.

    Raises:
        InvalidImage: a required chunk is malformed or missing.
        InvalidImageSize: too many pixels.
    """
    found = read_chunks(content)
    check_size(found.width, found.height)
    pixels = decoded_bytes(found.width, found.height)
    turned = pixels if exif.orientation(found.exif) != 1 else 0
    peak = pixels + turned + BAND_BYTES
    return EncodedImage(found.width, found.height, peak, partial(_decode, found))


def _decode(found: PngChunks) -> Image:
    data = InflatedRows(found.data)
    if found.interlaced:
        canvas = _deinterlaced(found, data)
    else:
        canvas = Canvas.for_image(found.width, found.height)
        for band in _bands(found, data, found.width, found.height):
            canvas.add(band)
    return canvas.image(exif.orientation(found.exif), (found.width, found.height))


def _deinterlaced(found: PngChunks, data: InflatedRows) -> Canvas:
    """Decode all passes or, for a reduced image, those that hold every second pixel.

    Those are the first five; the last two must be present nevertheless.
    """
    factor = reduction(found.width, found.height)
    size = math.ceil(found.height / factor), math.ceil(found.width / factor)
    whole = np.empty((*size, 3), np.uint8)
    for left, top, across, down in _PASSES:
        columns, rows = -(-(found.width - left) // across), -(-(found.height - top) // down)
        if columns < 1 or rows < 1:
            continue
        if across % factor or down % factor:
            data.skip(rows * (1 + found.row_bytes(columns)))
            continue
        part = whole[top // factor :: down // factor, left // factor :: across // factor]
        row = 0
        for band in _bands(found, data, columns, rows):
            part[row : row + band.height] = np.asarray(opaque_rgb(band))
            row += band.height
    return Canvas.holding(whole)


def _bands(
    found: PngChunks, data: InflatedRows, width: int, height: int
) -> Iterator[PIL.Image.Image]:
    """The image, or one pass of it, from the top down; all bands but the last have even rows."""
    samples = Samples(found)
    row_bytes = found.row_bytes(width)
    rows_at_once = max(2, _BAND_BYTES // max(row_bytes, width) // 2 * 2)
    filters = [_Filters(samples.bytes_of_pixel) for _ in samples.planes]
    for first in range(0, height, rows_at_once):
        rows = min(rows_at_once, height - first)
        raw = np.frombuffer(data.read(rows * (row_bytes + 1)), np.uint8)
        filtered = raw.reshape(rows, row_bytes + 1)
        planes = [
            one.undo(samples.plane(filtered, plane))
            for one, plane in zip(filters, samples.planes, strict=True)
        ]
        yield samples.pillow_image(planes, width)


class _Filters:
    """Undoes the filters of rows (PNG §9), band by band, with Pillow's decoder.

    Args:
        bytes_of_pixel: 1 to 4.
    """

    def __init__(self, bytes_of_pixel: int) -> None:
        self._mode = _MODES[bytes_of_pixel]
        self._bytes_of_pixel = bytes_of_pixel
        self._above: bytes | None = None

    def undo(self, filtered: NDArray[np.uint8]) -> PIL.Image.Image:
        """The rows of a band, (rows, 1 + bytes) with each row's filter in front, as an image."""
        rows, row_bytes = len(filtered), filtered.shape[1] - 1
        above = bytes(row_bytes) if self._above is None else self._above
        data = zlib.compress(b"\0" + above + filtered.tobytes(), 0)
        try:
            band = PIL.Image.frombytes(
                self._mode,
                (row_bytes // self._bytes_of_pixel, rows + 1),
                data,
                "zip",
                self._mode,
            ).crop((0, 1, row_bytes // self._bytes_of_pixel, rows + 1))
        except (ValueError, OSError) as error:
            raise InvalidImage(UNREADABLE) from error
        self._above = band.crop((0, rows - 1, band.width, rows)).tobytes()
        return band
