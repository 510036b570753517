"""Image files with what odd writers put into them, made from a portrait."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import PIL.Image

from shared.vision.decoding.decoder import decode
from tests.images import portrait
from tools.measure.images.cases import chunk

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def scene() -> PIL.Image.Image:
    """A portrait, 240 pixels wide."""
    with PIL.Image.open(portrait("person_a_2")) as source:
        return source.convert("RGB").resize((240, 298))


def encoded(kind: str, source: PIL.Image.Image | None = None, **options: object) -> bytes:
    """A file of that kind."""
    buffer = io.BytesIO()
    (source or scene()).save(buffer, kind, **options)
    return buffer.getvalue()


EXPECTED = np.asarray(scene())


def differs_by(content: bytes) -> int:
    """The largest difference of a sample from the scene."""
    return int(np.abs(decode(content).pixels.astype(int) - EXPECTED).max())


def png_with(*chunks: bytes, after_data: bool = False) -> bytes:
    """A PNG with more chunks, after IHDR or before IEND."""
    content = encoded("PNG")
    at = len(content) - 12 if after_data else 33
    return content[:at] + b"".join(chunks) + content[at:]


def png_of(*data: bytes) -> bytes:
    """The scene's PNG with this as the data, a chunk each."""
    content = encoded("PNG")
    parts = b"".join(chunk(b"IDAT", part) for part in data)
    return content[:33] + parts + chunk(b"IEND", b"")


def rows() -> bytes:
    """The scene's rows as PNG compresses them."""
    pixels = np.asarray(scene())
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))


def turned(orientation: int, *, kind: int = 3, order: str = "<") -> bytes:
    """A TIFF structure with an orientation alone.

    Args:
        kind: its type; 3 is SHORT, as EXIF has it.
    """
    value = struct.pack(f"{order}H" if kind == 3 else f"{order}I", orientation).ljust(4, b"\0")
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    entry = struct.pack(f"{order}HHHI", 1, 0x0112, kind, 1) + value
    return start + entry + bytes(4)


def wrong_checksum(made: bytes) -> bytes:
    """The same chunk with another checksum."""
    return made[:-1] + bytes((made[-1] ^ 0xFF,))


def segment(code: int, body: bytes) -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, code)) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(*segments: bytes) -> bytes:
    """A JPEG with more segments behind its first marker."""
    content = encoded("JPEG", quality=90)
    return content[:2] + b"".join(segments) + content[2:]


def bmp(
    depth: int, masks: tuple[int, ...], pixels: bytes, *, header: int, compression: int
) -> bytes:
    """A BMP of 240 by 298 pixels with bit fields.

    Args:
        header: bytes of the information header; masks beyond it follow it.
        pixels: rows from the bottom up, padded to four bytes.
    """
    width, height = scene().size
    fields = struct.pack(
        "<IiiHHIIiiII", header, width, height, 1, depth, compression, len(pixels), 0, 0, 0, 0
    )
    information = (fields + struct.pack(f"<{len(masks)}I", *masks)).ljust(header, b"\0")
    offset = 14 + len(information)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + information + pixels


__all__ = ["chunk"]
