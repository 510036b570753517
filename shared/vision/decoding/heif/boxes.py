"""Reads the size that the header of an AVIF or HEIC file declares (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from shared.domain.errors import InvalidImage
from shared.vision.decoding.encoded import UNREADABLE

AVIF_BRANDS = (b"avif", b"avis")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""Major brands; files of the general brands mif1 and msf1 name the codec among the others."""

_MOST_BOXES = 4_096
"""In one container; files of cameras have about a hundred."""


def brands(content: bytes) -> frozenset[bytes]:
    """The brands of a file, including the major one; empty if it is not such a file."""
    if content[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(content[:4], "big"), len(content))
    return frozenset(content[at : at + 4] for at in (8, *range(16, end - 3, 4)))


def declared_size(content: bytes) -> tuple[int, int]:
    """Width and height of the primary image as stored, before it is rotated.

    Raises:
        InvalidImage: the file declares none.
    """
    try:
        meta = _child(memoryview(content), b"meta")[4:]
        properties = _child(meta, b"iprp")
        primary = _number_of_version(_child(meta, b"pitm"), first_wide=1)
        extents = [
            (number, box)
            for number, (kind, box) in enumerate(_boxes(_child(properties, b"ipco")), 1)
            if kind == b"ispe"
        ]
        of_primary = _properties_of(_child(properties, b"ipma"), primary)
        for number, box in extents:
            if number in of_primary:
                width, height = struct.unpack_from(">II", box, 4)
                return width, height
    except (struct.error, IndexError) as error:
        raise InvalidImage(UNREADABLE) from error
    raise InvalidImage(UNREADABLE)


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The boxes of a container: type and content (ISO/IEC 14496-12 §4.2)."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            return
        yield bytes(data[at + 4 : at + 8]), data[at + head : at + size]
        at += size


def _child(data: memoryview, kind: bytes) -> memoryview:
    found = next((box for name, box in _boxes(data) if name == kind), None)
    if found is None:
        raise InvalidImage(UNREADABLE)
    return found


def _number_of_version(box: memoryview, *, first_wide: int) -> int:
    """An item's number: 32 bits from version ``first_wide`` of the box on, 16 bits below."""
    (number,) = struct.unpack_from(">I" if box[0] >= first_wide else ">H", box, 4)
    return int(number)


def _properties_of(box: memoryview, item: int) -> frozenset[int]:
    """The numbers, from 1 on, of the properties that belong to an item (`ipma`)."""
    wide_items, wide_properties = box[0] >= 1, box[3] & 1
    (entries,) = struct.unpack_from(">I", box, 4)
    at = 8
    for _ in range(min(entries, _MOST_BOXES)):
        (number,) = struct.unpack_from(">I" if wide_items else ">H", box, at)
        at += 4 if wide_items else 2
        count, step = box[at], 2 if wide_properties else 1
        at += 1
        if number == item:
            # The highest bit marks the property as essential.
            form, bits = (f">{count}H", 0x7FFF) if wide_properties else (f">{count}B", 0x7F)
            return frozenset(value & bits for value in struct.unpack_from(form, box, at))
        at += count * step
    raise InvalidImage(UNREADABLE)
