"""Reads the orientation in an EXIF block, and nothing else.

XMP can name an orientation too. Browsers ignore it, and so does this service.
"""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_SHORT = 3
_ENTRY_BYTES = 12
PREFIX = b"Exif\0\0"


def orientation(block: bytes | memoryview | None) -> int:
    """The orientation, 1 to 8; 1 (upright) if there is none or the block is not valid.

    Args:
        block: a TIFF structure (EXIF 2.32 §4.5), with or without the prefix of JPEG's APP1.
    """
    if block is None:
        return 1
    tiff = bytes(block).removeprefix(PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        return _first_directory(tiff, order)
    except struct.error:
        # The structure ends early: show the image as stored, as browsers do.
        return 1


def _first_directory(tiff: bytes, order: str) -> int:
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    (entries,) = struct.unpack_from(f"{order}H", tiff, start)
    for number in range(entries):
        at = start + 2 + number * _ENTRY_BYTES
        # The value has four bytes, of which a SHORT takes two.
        tag, kind, count, value, _ = struct.unpack_from(f"{order}HHIHH", tiff, at)
        if tag == _ORIENTATION and kind == _SHORT and count == 1:
            return int(value) if 1 <= value <= 8 else 1
    return 1
