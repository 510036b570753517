"""The chunks of a PNG file (PNG, third edition, §5 and §11)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.domain.errors import InvalidImage
from shared.vision.decoding.encoded import UNREADABLE

SIGNATURE = b"\x89PNG\r\n\x1a\n"

GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, COLOUR: 3, PALETTE: 1, GREY_ALPHA: 2, COLOUR_ALPHA: 4}
_DEPTHS = {
    GREY: (1, 2, 4, 8, 16),
    COLOUR: (8, 16),
    PALETTE: (1, 2, 4, 8),
    GREY_ALPHA: (8, 16),
    COLOUR_ALPHA: (8, 16),
}
_SKIPPED_AT_ONCE = 1 << 20
_LONGEST_TRANSPARENCY = 256
_ZLIB_HEADER_BYTES = 2
_DEFLATE = 8
_PRESET_DICTIONARY = 0x20
_HEADER = struct.Struct(">IIBBBBB")


@dataclass(slots=True)
class PngChunks:
    """The content of the chunks that matter; all others are skipped.

    Attributes:
        depth: bits of a sample.
        colours: RGB triples of the palette; empty if there is none.
        transparency: the body of tRNS.
        exif: the body of eXIf.
        data: the bodies of IDAT.
    """

    width: int
    height: int
    depth: int
    colour_type: int
    interlaced: bool
    colours: bytes = b""
    transparency: bytes = b""
    exif: bytes | None = None
    data: list[memoryview] = field(default_factory=list)

    def row_bytes(self, width: int) -> int:
        """The bytes of a row of this many pixels, without the filter's byte."""
        return (width * self.depth * CHANNELS[self.colour_type] + 7) // 8


def read_chunks(content: bytes) -> PngChunks:
    """Read all chunks.

    A wrong checksum is an error in critical chunks; other chunks with one are skipped. So is all
    that follows the data, as in browsers.

    Raises:
        InvalidImage: a critical chunk is malformed or missing.
    """
    found: PngChunks | None = None
    for name, body, is_valid in _chunks(memoryview(content)):
        if found is None:
            found = _header(name, body, is_valid)
        elif name == b"IDAT":
            _require(is_valid)
            found.data.append(body)
        elif name == b"PLTE" and found.colour_type == PALETTE:
            _require(is_valid and len(body) % 3 == 0)
            found.colours = bytes(body[:768])
        elif name == b"IEND":
            break
        elif found.data:
            continue
        elif name == b"tRNS" and is_valid:
            _read_transparency(found, bytes(body))
        elif name == b"eXIf" and is_valid and found.exif is None:
            found.exif = bytes(body)
        elif name[:1].isupper() and name != b"PLTE":
            raise InvalidImage(UNREADABLE)
    if found is None or not found.data:
        raise InvalidImage(UNREADABLE)
    _require(found.colour_type != PALETTE or bool(found.colours))
    return found


def _chunks(view: memoryview) -> Iterator[tuple[bytes, memoryview, bool]]:
    """Name, body and whether the checksum is right; an incomplete last IDAT counts as valid."""
    at = len(SIGNATURE)
    while at + 8 <= len(view):
        length = int.from_bytes(view[at : at + 4])
        name = bytes(view[at + 4 : at + 8])
        body = view[at + 8 : at + 8 + length]
        checksum = view[at + 8 + length : at + 12 + length]
        read = name in (b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"eXIf")
        if len(checksum) < 4:
            yield name, body, name == b"IDAT"
            return
        is_valid = not read or zlib.crc32(view[at + 4 : at + 8 + length]) == int.from_bytes(
            checksum
        )
        yield name, body, is_valid
        at += 12 + length


def _header(name: bytes, body: memoryview, is_valid: bool) -> PngChunks:
    _require(name == b"IHDR" and len(body) == _HEADER.size and is_valid)
    width, height, depth, colour_type, compression, filtering, interlace = _HEADER.unpack(body)
    _require(depth in _DEPTHS.get(colour_type, ()))
    _require((compression, filtering) == (0, 0) and interlace in (0, 1))
    return PngChunks(width, height, depth, colour_type, interlace == 1)


def _read_transparency(found: PngChunks, body: bytes) -> None:
    """Note the first tRNS; one that precedes the palette or is too long is skipped (§11.3.1)."""
    out_of_place = found.colour_type == PALETTE and not found.colours
    if not (found.transparency or out_of_place or len(body) > _LONGEST_TRANSPARENCY):
        found.transparency = body


def _require(holds: bool) -> None:
    if not holds:
        raise InvalidImage(UNREADABLE)


class InflatedRows:
    """Decompresses the data of IDAT on demand.

    The checksum after the data is not read, since zlib would compare it: a file is complete when
    its rows are.

    Raises:
        InvalidImage: the data does not begin as a zlib stream (RFC 1950 §2.2).
    """

    def __init__(self, data: Sequence[memoryview]) -> None:
        self._data = iter(data)
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._held: bytes | memoryview = self._behind_header()

    def read(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            InvalidImage: the data ends too early, or is not a zlib stream.
        """
        parts: list[bytes] = []
        while size > 0:
            part = self._next(size)
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, size: int) -> None:
        """Skip the next bytes.

        Raises:
            InvalidImage: the data ends too early, or is not a zlib stream.
        """
        while size > 0:
            size -= len(self._next(min(size, _SKIPPED_AT_ONCE)))

    def _behind_header(self) -> memoryview:
        header = b""
        while True:
            part = self._next_part()
            lacking = _ZLIB_HEADER_BYTES - len(header)
            header += part[:lacking]
            if len(header) == _ZLIB_HEADER_BYTES:
                method, flags = header
                _require(method & 15 == _DEFLATE and method >> 4 <= zlib.MAX_WBITS - 8)
                _require(int.from_bytes(header) % 31 == 0 and not flags & _PRESET_DICTIONARY)
                return part[lacking:]

    def _next_part(self) -> memoryview:
        part = next(self._data, None)
        if part is None:
            raise InvalidImage(UNREADABLE)
        return part

    def _next(self, size: int) -> bytes:
        while True:
            try:
                part = self._inflate.decompress(self._held, size)
            except zlib.error as error:
                raise InvalidImage(UNREADABLE) from error
            self._held = self._inflate.unconsumed_tail
            if part:
                return part
            if self._inflate.eof:
                raise InvalidImage(UNREADABLE)
            if not self._held:
                self._held = self._next_part()
