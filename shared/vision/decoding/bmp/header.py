"""The headers of a BMP file, from OS/2's first to version 5 (Microsoft, "Bitmap Storage")."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from shared.domain.errors import InvalidImage
from shared.vision.decoding.encoded import UNREADABLE

RGB, RLE8, RLE4, BITFIELDS, ALPHABITFIELDS = 0, 1, 2, 3, 6

_FILE_HEADER = 14
_CORE, _INFO, _WITH_COLOUR_MASKS, _WITH_ALPHA_MASK = 12, 40, 52, 56
_HEADERS = (_CORE, _INFO, _WITH_COLOUR_MASKS, _WITH_ALPHA_MASK, 108, 124)
_OS2_HEADERS = range(16, 65)
_DEPTHS = {
    RGB: (1, 2, 4, 8, 16, 24, 32),
    RLE8: (8,),
    RLE4: (4,),
    BITFIELDS: (16, 32),
    ALPHABITFIELDS: (16, 32),
}
_DEFAULT_MASKS = {
    16: (0x7C00, 0x03E0, 0x001F, 0),
    24: (0xFF0000, 0x00FF00, 0x0000FF, 0),
    32: (0xFF0000, 0x00FF00, 0x0000FF, 0),
}


@dataclass(frozen=True, slots=True)
class BmpHeader:
    """The content of the headers.

    Attributes:
        depth: bits of a pixel.
        masks: bits of red, green, blue and alpha in a pixel of 16 to 32 bits.
        palette: 256 RGB triples, for pixels that are indices.
        offset: the offset of the pixels in the file.
    """

    width: int
    height: int
    bottom_up: bool
    depth: int
    compression: int
    masks: tuple[int, int, int, int]
    palette: bytes
    offset: int

    @property
    def row_bytes(self) -> int:
        """The bytes of a stored row, a multiple of four."""
        return (self.width * self.depth + 31) // 32 * 4


def read_header(content: bytes) -> BmpHeader:
    """Read the headers and the palette.

    Raises:
        InvalidImage: they are malformed, or of a kind that embeds another format.
    """
    try:
        return _read(content)
    except struct.error as error:
        raise InvalidImage(UNREADABLE) from error


def _read(content: bytes) -> BmpHeader:
    offset, size = struct.unpack_from("<II", content, 10)
    if size == _CORE:
        width, height, _, depth = struct.unpack_from("<HHHH", content, _FILE_HEADER + 4)
        compression, used = RGB, 0
    elif size in _HEADERS or size in _OS2_HEADERS:
        known = content[_FILE_HEADER : _FILE_HEADER + size].ljust(_INFO, b"\0")
        width, height, _, depth, compression, _, _, _, used = struct.unpack_from(
            "<iiHHIIiiI", known, 4
        )
    else:
        raise InvalidImage(UNREADABLE)
    if depth not in _DEPTHS.get(compression, ()) or (
        # OS/2 uses these numbers for other compressions.
        compression not in (RGB, RLE8, RLE4) and size not in _HEADERS
    ):
        raise InvalidImage(UNREADABLE)
    masks, mask_bytes = _masks(content, size, depth, compression)
    end = _FILE_HEADER + size + mask_bytes
    entry = 3 if size == _CORE else 4
    colours = min(used or 256, 2**depth) if depth <= 8 else 0
    palette_end = end + entry * colours
    return BmpHeader(
        width,
        abs(height),
        height > 0,
        depth,
        compression,
        masks,
        _palette(content[end:palette_end], entry),
        offset if end <= offset <= len(content) else palette_end,
    )


def _masks(
    content: bytes, size: int, depth: int, compression: int
) -> tuple[tuple[int, int, int, int], int]:
    """The masks, and how many bytes of them follow the header."""
    if depth <= 8:
        return (0, 0, 0, 0), 0
    if compression == RGB:
        return _DEFAULT_MASKS[depth], 0
    has_alpha = size >= _WITH_ALPHA_MASK or compression == ALPHABITFIELDS
    names = 4 if has_alpha else 3
    masks = struct.unpack_from(f"<{names}I", content, _FILE_HEADER + _INFO)
    red, green, blue, alpha = (*masks, 0)[:4]
    return (red, green, blue, alpha), max(0, _INFO + 4 * names - size)


def _palette(stored: bytes, entry: int) -> bytes:
    """BGR entries of 3 or 4 bytes as 256 RGB triples; what is missing is black."""
    triples = [stored[at : at + 3][::-1] for at in range(0, len(stored) - 2, entry)]
    return b"".join(triples)[:768].ljust(768, b"\0")
