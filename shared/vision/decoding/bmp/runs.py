"""Run lengths of BMP files with 8 or 4 bits per pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import InvalidImage
from shared.vision.decoding.bmp.header import RLE4, BmpHeader
from shared.vision.decoding.encoded import UNREADABLE

_END_OF_ROW, _END_OF_IMAGE, _MOVE = 0, 1, 2


def decode_runs(content: bytes, found: BmpHeader) -> NDArray[np.uint8]:
    """The index of each pixel, in the order in which rows are stored.

    Pixels that no run sets have index 0; pixels beyond the end of a row are dropped. The last row
    need not be followed by its end.

    Raises:
        InvalidImage: the data ends before the end of the last row.
    """
    width, height = found.width, found.height
    fours = found.compression == RLE4
    indices = bytearray(width * height)
    at, size = found.offset, len(content)
    column = row = 0
    while row < height:
        if at + 2 > size:
            if row == height - 1 and column >= width:
                break
            raise InvalidImage(UNREADABLE)
        count, value = content[at], content[at + 1]
        at += 2
        if count:
            pixels = _repeated(value, count, fours)
        elif value == _END_OF_ROW:
            column, row = 0, row + 1
            continue
        elif value == _END_OF_IMAGE:
            break
        elif value == _MOVE:
            if at + 2 > size:
                raise InvalidImage(UNREADABLE)
            column, row = column + content[at], row + content[at + 1]
            at += 2
            continue
        else:
            count = value
            stored = (count + 1) // 2 if fours else count
            if at + stored > size:
                raise InvalidImage(UNREADABLE)
            pixels = content[at : at + stored]
            at += stored + stored % 2
            if fours:
                pixels = _separated(pixels)
        if column < width:
            shown = pixels[: min(count, width - column)]
            start = row * width + column
            indices[start : start + len(shown)] = shown
        column += count
    return np.frombuffer(indices, np.uint8)


def _repeated(value: int, count: int, fours: bool) -> bytes:
    """A run of one index or, with 4 bits, of two alternating indices."""
    if fours:
        return bytes((value >> 4, value & 15)) * ((count + 1) // 2)
    return bytes((value,)) * count


def _separated(packed: bytes) -> bytes:
    """One index per byte, from bytes that hold two each."""
    return bytes(index for byte in packed for index in (byte >> 4, byte & 15))
