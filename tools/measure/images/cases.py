"""Image files at the limits: as many pixels and as much work as possible for their bytes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import PIL.Image

from shared.domain import limits

SIDE = 8_000
"""Side of a square image of 64 megapixels."""

_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(colour_type: int, depth: int, *, interlaced: bool = False, side: int = SIDE) -> bytes:
    """A PNG of one colour, whose rows use different filters."""
    header = struct.pack(">IIBBBBB", side, side, depth, colour_type, 0, 0, int(interlaced))
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    compressor = zlib.compressobj(9)
    data = b""
    for left, top, across, down in passes:
        width, height = -(-(side - left) // across), -(-(side - top) // down)
        row = (width * depth * _CHANNELS[colour_type] + 7) // 8
        cycle = b"".join(bytes((kind,)) + bytes(row) for kind in (4, 3, 1, 2))
        for _ in range(height // 4):
            data += compressor.compress(cycle)
        data += compressor.compress(cycle[: (height % 4) * (row + 1)])
    data += compressor.flush()
    palette = chunk(b"PLTE", bytes(range(256)) * 3) if colour_type == 3 else b""
    parts = (chunk(b"IHDR", header), palette, chunk(b"IDAT", data), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def noisy_png(megapixels: int) -> bytes:
    """An RGB PNG whose compressed data has the maximum length of a file."""
    side = int((megapixels * 1e6) ** 0.5)
    rows = np.zeros((side, 1 + 3 * side), np.uint8)
    rows[:, 0] = 4
    random = np.random.default_rng(3)
    noise = limits.MAXIMUM_IMAGE_BYTES - 200_000
    flat = rows.reshape(-1)
    at = random.choice(len(flat), noise // 4, replace=False)
    at = at[at % rows.shape[1] != 0]
    flat[at] = random.integers(0, 256, len(at), np.uint8)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def saved(kind: str, mode: str, *, side: int = SIDE, **options: object) -> bytes:
    """An image of one colour, saved by Pillow."""
    buffer = io.BytesIO()
    PIL.Image.new(mode, (side, side)).save(buffer, kind, **options)
    return buffer.getvalue()


def turned(content: bytes) -> bytes:
    """A JPEG whose EXIF orientation requires a rotation by 90 degrees."""
    tiff = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x0112, 3, 1, 6)
    body = b"Exif\0\0" + tiff
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + content[2:]


def run_length_bmp() -> bytes:
    """A BMP of 64 megapixels in runs of one pixel and an end of row, or of 255."""
    rows = b"".join(b"\xff\x01" * (SIDE // 255 + 1) + b"\0\0" for _ in range(SIDE)) + b"\0\1"
    info = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 8, 1, len(rows), 0, 0, 256, 0)
    palette = bytes(1024)
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + info + palette + rows


def scans(content: bytes, count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated ``count`` times."""
    at = content.rindex(b"\xff\xda")
    return content[:at] + content[at:-2] * count + content[-2:]


CASES: Mapping[str, Callable[[], bytes]] = {
    "PNG RGBA 64 MP": lambda: png(6, 8),
    "PNG RGB 64 MP": lambda: png(2, 8),
    "PNG RGBA 16 bits 64 MP": lambda: png(6, 16),
    "PNG RGBA interlaced 64 MP": lambda: png(6, 8, interlaced=True),
    "PNG RGBA 16 bits interlaced": lambda: png(6, 16, interlaced=True),
    "PNG palette 64 MP": lambda: png(3, 8),
    "PNG one bit 64 MP": lambda: png(0, 1),
    "PNG RGBA 24 MP": lambda: png(6, 8, side=4_898),
    "PNG RGB 24 MP, 6 MB": lambda: noisy_png(24),
    "JPEG 64 MP": lambda: saved("JPEG", "RGB"),
    "JPEG 64 MP turned": lambda: turned(saved("JPEG", "RGB")),
    "JPEG 24 MP turned": lambda: turned(saved("JPEG", "RGB", side=4_898)),
    "JPEG CMYK 24 MP": lambda: saved("JPEG", "CMYK", side=4_898),
    "JPEG progressive 64 MP": lambda: saved("JPEG", "RGB", progressive=True),
    "JPEG progressive 4:4:4 42 MP": lambda: saved(
        "JPEG", "RGB", progressive=True, subsampling=0, side=6_480
    ),
    "JPEG progressive, no end, 42 MP": lambda: saved(
        "JPEG", "RGB", progressive=True, subsampling=0, side=6_480
    )[:-2],
    "JPEG progressive, 60 scans, 16 MP": lambda: scans(
        saved("JPEG", "RGB", progressive=True, side=4_000), 60
    ),
    "GIF 64 MP": lambda: saved("GIF", "P"),
    "BMP run lengths 64 MP": run_length_bmp,
    "BMP one bit 48 MP": lambda: saved("BMP", "1", side=6_900),
    "WebP lossless RGBA 20 MP": lambda: saved(
        "WEBP", "RGBA", side=4_472, lossless=True, method=0
    ).ljust(limits.MINIMUM_IMAGE_BYTES, b"\0"),
    "WebP lossy 20 MP": lambda: saved("WEBP", "RGB", side=4_472),
    "AVIF 4:4:4 25 MP": lambda: saved("AVIF", "RGB", side=5_000, subsampling="4:4:4", speed=10),
}
"""Accepted files below 6 MiB, by description."""
