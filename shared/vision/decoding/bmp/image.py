"""BMP: every depth, bit fields and run lengths; Pillow reads only some of them, or slowly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from shared.domain.errors import InvalidImage
from shared.vision.decoding.bmp.header import RLE4, RLE8, BmpHeader, read_header
from shared.vision.decoding.bmp.runs import decode_runs
from shared.vision.decoding.canvas import Canvas
from shared.vision.decoding.encoded import (
    BAND_BYTES,
    UNREADABLE,
    EncodedImage,
    check_size,
    decoded_bytes,
)
from shared.vision.images import Image

SIGNATURE = b"BM"


def inspect(content: bytes) -> EncodedImage:
    """Read the headers of a BMP file.

    Raises:
        InvalidImage: they are malformed, or the pixels are incomplete.
        InvalidImageSize: too many pixels.
    """
    found = read_header(content)
    check_size(found.width, found.height)
    runs = found.compression in (RLE8, RLE4)
    # The padding of the last row may be missing.
    needed = found.row_bytes * (found.height - 1) + (found.width * found.depth + 7) // 8
    if not runs and len(content) < found.offset + needed:
        raise InvalidImage(UNREADABLE)
    pixels = decoded_bytes(found.width, found.height)
    peak = pixels + BAND_BYTES + (found.width * found.height if runs else 0)
    return EncodedImage(found.width, found.height, peak, partial(_decode, content, found))


def _decode(content: bytes, found: BmpHeader) -> Image:
    canvas = Canvas.for_image(found.width, found.height)
    for band in (
        _indexed(content, found, canvas) if found.depth <= 8 else _coloured(content, found, canvas)
    ):
        canvas.add(band)
    return canvas.image()


def _indexed(content: bytes, found: BmpHeader, canvas: Canvas) -> Iterator[PIL.Image.Image]:
    """Bands of indices with their palette."""
    whole = (
        decode_runs(content, found).reshape(found.height, found.width)
        if found.compression in (RLE8, RLE4)
        else None
    )
    for top, bottom in canvas.bands():
        if whole is None:
            indices = _unpacked(_rows(content, found, top, bottom), found)
        else:
            indices = whole[top:bottom] if not found.bottom_up else whole[::-1][top:bottom]
        band = PIL.Image.fromarray(np.ascontiguousarray(indices))
        band.putpalette(found.palette)
        yield band


def _unpacked(rows: NDArray[np.uint8], found: BmpHeader) -> NDArray[np.uint8]:
    """An index in each byte; the leftmost of a byte is the highest."""
    if found.depth == 8:
        return rows[:, : found.width]
    shifts = np.arange(8 - found.depth, -1, -found.depth, dtype=np.uint8)
    indices = (rows[:, :, np.newaxis] >> shifts) & np.uint8(2**found.depth - 1)
    return indices.reshape(len(rows), -1)[:, : found.width]


def _coloured(content: bytes, found: BmpHeader, canvas: Canvas) -> Iterator[PIL.Image.Image]:
    """Bands of RGB or, if the alpha channel is used, RGBA."""
    masks: tuple[int, ...] = found.masks[:3]
    # An alpha channel that is zero everywhere is unused: browsers show such images as opaque.
    if found.masks[3] and any(
        (_values(content, found, top, bottom) & found.masks[3]).any()
        for top, bottom in canvas.bands()
    ):
        masks = found.masks
    for top, bottom in canvas.bands():
        values = _values(content, found, top, bottom)
        yield PIL.Image.fromarray(np.stack([_scaled(values, mask) for mask in masks], axis=2))


def _values(content: bytes, found: BmpHeader, top: int, bottom: int) -> NDArray[np.uint32]:
    """Pixels of 16 to 32 bits as whole numbers, (rows, width)."""
    rows = _rows(content, found, top, bottom)
    size = found.depth // 8
    pixels = rows[:, : found.width * size].reshape(len(rows), found.width, size).astype(np.uint32)
    shifts = np.arange(0, found.depth, 8, dtype=np.uint32)
    values: NDArray[np.uint32] = np.bitwise_or.reduce(pixels << shifts, axis=2)
    return values


def _scaled(values: NDArray[np.uint32], mask: int) -> NDArray[np.uint8]:
    """The bits of one channel, scaled to 8."""
    if mask == 0:
        return np.zeros(values.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    levels = ((values & np.uint32(mask)) >> np.uint32(shift)).astype(np.uint64)
    scaled = (levels * 255 + most // 2) // most
    return scaled.astype(np.uint8)


def _rows(content: bytes, found: BmpHeader, top: int, bottom: int) -> NDArray[np.uint8]:
    """The stored rows, from the top of the image down, (rows, bytes)."""
    size = found.row_bytes
    first = found.height - bottom if found.bottom_up else top
    start = found.offset + first * size
    stored = content[start : start + (bottom - top) * size].ljust((bottom - top) * size, b"\0")
    rows = np.frombuffer(stored, np.uint8).reshape(bottom - top, size)
    return rows[::-1] if found.bottom_up else rows
