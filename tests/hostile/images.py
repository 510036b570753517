"""Hostile image files: the same ones in every run."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import PIL.Image
import pillow_heif

from shared.domain.limits import MAXIMUM_IMAGE_BYTES, MINIMUM_IMAGE_BYTES
from tests.images import portrait
from tools.measure.images.cases import CASES, scans

FLIPS = 300
INSERTIONS = 200
EVERY = 64
DIMENSIONS = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile input.

    Attributes:
        name: says how it was made.
        content: the bytes.
    """

    name: str
    content: bytes


def saved(image: PIL.Image.Image, kind: str, **options: object) -> bytes:
    """A file of that kind, long enough to be read."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue().ljust(MINIMUM_IMAGE_BYTES, b"\0")


def seeds() -> Mapping[str, bytes]:
    """Small valid files of every format and kind of pixel."""
    with PIL.Image.open(portrait("person_a_2")) as opened:
        face = opened.convert("RGB").resize((96, 120))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    frames = [face.rotate(angle) for angle in (90, 180)]
    alpha = face.copy()
    alpha.putalpha(PIL.Image.linear_gradient("L").resize(face.size))
    deep = PIL.Image.fromarray(np.asarray(face.convert("L")).astype(np.uint16) * 257)
    return {
        "jpeg": saved(face, "JPEG", exif=exif),
        "jpeg-progressive": saved(face, "JPEG", progressive=True, subsampling=0),
        "jpeg-grey": saved(face.convert("L"), "JPEG"),
        "jpeg-cmyk": saved(face.convert("CMYK"), "JPEG"),
        "png": saved(face, "PNG", exif=exif),
        "png-alpha": saved(alpha, "PNG"),
        "png-palette": saved(face.quantize(64), "PNG", transparency=3),
        "png-deep": saved(deep, "PNG"),
        "png-bits": saved(face.convert("1"), "PNG"),
        "gif": saved(face, "GIF"),
        "gif-frames": saved(face, "GIF", save_all=True, append_images=frames, duration=20),
        "bmp": saved(face, "BMP"),
        "bmp-palette": saved(face.quantize(256), "BMP"),
        "bmp-alpha": saved(alpha, "BMP"),
        "webp": saved(face, "WEBP", exif=exif),
        "webp-lossless": saved(alpha, "WEBP", lossless=True),
        "webp-frames": saved(face, "WEBP", save_all=True, append_images=frames, duration=20),
    }


def isolated_seeds() -> Mapping[str, bytes]:
    """Files of the formats that are decoded in a process of their own, which takes 0.1 s each."""
    pillow_heif.register_heif_opener()
    with PIL.Image.open(portrait("person_a_2")) as opened:
        face = opened.convert("RGB").resize((96, 120))
    return {"avif": saved(face, "AVIF"), "heic": saved(face, "HEIF")}


def image_cases(*, with_bombs: bool = True) -> Iterator[Case]:
    """Every case, always in the same order.

    Args:
        with_bombs: whether to make the files of most pixels, and those of formats
            that are decoded in a process of their own: both take minutes.
    """
    whole = seeds()
    for name, content in whole.items():
        yield Case(f"{name} whole", content)
        yield from truncated(name, content)
        yield from flipped(name, content)
        yield from inserted(name, content)
        yield from with_numbers(name, content)
    yield from spliced(whole)
    yield from polyglots(whole)
    if with_bombs:
        yield from bombs(whole)
        for name, content in isolated_seeds().items():
            yield Case(f"{name} whole", content)
            yield from truncated(name, content)
            yield from flipped(name, content)


def truncated(name: str, content: bytes) -> Iterator[Case]:
    """The file cut at every 64th byte."""
    for size in range(MINIMUM_IMAGE_BYTES, len(content), EVERY):
        yield Case(f"{name} cut at {size}", content[:size])


def flipped(name: str, content: bytes) -> Iterator[Case]:
    """Single bits and runs of bytes changed; half of them in the first 200 bytes."""
    random = np.random.default_rng(len(content))
    for number in range(FLIPS):
        changed = bytearray(content)
        at = int(random.integers(0, 200 if number % 2 else len(content)))
        if number % 3:
            changed[at] ^= 1 << int(random.integers(0, 8))
        else:
            changed[at : at + 8] = random.bytes(8)
        yield Case(f"{name} flip {number} at {at}", bytes(changed))


def inserted(name: str, content: bytes) -> Iterator[Case]:
    """Parts left out, doubled, or moved."""
    random = np.random.default_rng(len(content) + 1)
    for number in range(INSERTIONS):
        first, second, third = sorted(int(x) for x in random.integers(0, len(content), 3))
        part = content[first:second]
        made = {
            0: content[:first] + content[second:],
            1: content[:third] + part + content[third:],
            2: content[:first] + bytes(second - first) + content[second:],
            3: content[:first] + random.bytes(number) + content[first:],
        }[number % 4]
        if MINIMUM_IMAGE_BYTES <= len(made) <= MAXIMUM_IMAGE_BYTES:
            yield Case(f"{name} insertion {number}", made)


def with_numbers(name: str, content: bytes) -> Iterator[Case]:
    """Extreme numbers at every place of the header, in both orders of bytes."""
    for at in range(4, 44):
        for value in DIMENSIONS:
            for kind in ("<I", ">H"):
                number = struct.pack(kind, value & (0xFFFFFFFF if kind == "<I" else 0xFFFF))
                changed = content[:at] + number + content[at + len(number) :]
                yield Case(f"{name} {value} {kind} at {at}", changed)


def spliced(whole: Mapping[str, bytes]) -> Iterator[Case]:
    """The beginning of one file and the end of another."""
    for first, head in whole.items():
        for second, tail in whole.items():
            for share in (0.1, 0.5):
                made = head[: int(len(head) * share)] + tail[int(len(tail) * share) :]
                yield Case(f"{first} into {second} {share}", made.ljust(MINIMUM_IMAGE_BYTES))


def polyglots(whole: Mapping[str, bytes]) -> Iterator[Case]:
    """Files that are something else as well."""
    others = {
        "zip": b"PK\3\4" + bytes(40),
        "pdf": b"%PDF-1.7\n",
        "html": b"<!doctype html><script>alert(1)</script>",
        "json": b'{"url": "http://127.0.0.1/"}',
        "shell": b"#!/bin/sh\nexit 1\n",
        "elf": b"\x7fELF" + bytes(60),
    }
    for name, content in whole.items():
        for other, text in others.items():
            yield Case(f"{other} then {name}", text + content)
            yield Case(f"{name} then {other}", content + text)


def bombs(whole: Mapping[str, bytes]) -> Iterator[Case]:
    """Small files of many pixels, scans and frames."""
    for name, make in CASES.items():
        yield Case(f"bomb {name}", make())
    progressive = whole["jpeg-progressive"]
    for count in (10, 80, 500, 3_000):
        yield Case(f"{count} scans", scans(progressive.rstrip(b"\0"), count))
    gif = whole["gif"].rstrip(b"\0")
    tiny = saved(PIL.Image.new("P", (1, 1)), "GIF").rstrip(b"\0")
    frame = tiny[tiny.index(b",") :].removesuffix(b";")
    count = min(200_000, (MAXIMUM_IMAGE_BYTES - len(gif)) // len(frame))
    yield Case(f"{count} frames", gif.removesuffix(b";") + frame * count + b";")
