"""AVIF by Pillow and HEIC by pillow-heif; Azure AI Face does not accept either.

The header of such a file does not bound the memory that its decoder takes: the relevant size is in
the compressed data, once for each tile, and may differ from what the header declares. Therefore the
decoder runs in a process of its own whose memory and CPU time the operating system limits.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import IO, cast

import PIL.features
import PIL.Image

from shared.domain import limits
from shared.domain.errors import Busy, InvalidImage, InvalidImageSize
from shared.vision.decoding.canvas import Canvas
from shared.vision.decoding.encoded import (
    BAND_BYTES,
    TOO_BIG,
    UNREADABLE,
    EncodedImage,
    check_size,
    decoded_bytes,
)
from shared.vision.decoding.heif import boxes
from shared.vision.decoding.heif.child import MEMORY_BYTES, OUT_OF_MEMORY
from shared.vision.images import Image

_CHILD = "shared.vision.decoding.heif.child"
_CHANNELS = {"RGB": 3, "RGBA": 4}
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "LANG")
"""Variables that Python may need to start; a decoder must not see keys and addresses."""


@dataclass(frozen=True, slots=True)
class _Format:
    """One of the two formats.

    Attributes:
        pillow_name: the name of the format in Pillow.
        is_available: whether this installation can decode it.
    """

    pillow_name: str
    is_available: Callable[[], bool]


_AVIF = _Format("AVIF", lambda: bool(PIL.features.check("avif")))
_HEIC = _Format("HEIF", lambda: find_spec("pillow_heif") is not None)


def is_heif(content: bytes) -> bool:
    """Whether a file has the signature of AVIF or HEIC."""
    return _format(content) is not None


def inspect(content: bytes) -> EncodedImage:
    """Read the header of an AVIF or HEIC file.

    Raises:
        InvalidImage: the header declares no size, or this installation cannot decode the format.
        InvalidImageSize: too many pixels.
    """
    found = _format(content)
    if found is None:
        raise InvalidImage(UNREADABLE)
    width, height = boxes.declared_size(content)
    check_size(width, height)
    if width * height > limits.MAXIMUM_HEIF_PIXELS:
        most = limits.MAXIMUM_HEIF_PIXELS
        raise InvalidImageSize(f"{TOO_BIG} An AVIF or HEIC image may have {most} pixels.")
    if not found.is_available():
        raise InvalidImage(f"{UNREADABLE} This service was installed without it.")
    peak = MEMORY_BYTES + BAND_BYTES + decoded_bytes(width, height)
    return EncodedImage(width, height, peak, partial(_decode, content, found))


def _format(content: bytes) -> _Format | None:
    found = boxes.brands(content)
    major = content[8:12]
    if major in boxes.AVIF_BRANDS or (major in boxes.HEIC_BRANDS and b"avif" in found):
        return _AVIF
    return _HEIC if major in boxes.HEIC_BRANDS else None


def _decode(content: bytes, found: _Format) -> Image:
    with _decoder(found) as (entrance, answer, ended):
        try:
            with entrance:
                entrance.write(content)
            return _read(answer)
        except (InvalidImage, BrokenPipeError) as error:
            if ended() == OUT_OF_MEMORY:
                raise InvalidImageSize(f"{TOO_BIG} Its pixels take too much memory.") from error
            raise InvalidImage(UNREADABLE) from error


@contextmanager
def _decoder(found: _Format) -> Iterator[tuple[IO[bytes], IO[bytes], Callable[[], int]]]:
    """The stdin and stdout of a decoding process, and a function that waits for its exit code.

    Raises:
        Busy: the machine has no memory or file descriptor for a process.
    """
    environment = {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        # Every further arena, one per thread, would count against the limit.
        "MALLOC_ARENA_MAX": "1",
    }
    try:
        process = subprocess.Popen(  # noqa: S603 - no part of the command comes from outside
            [sys.executable, "-B", "-s", "-m", _CHILD, found.pillow_name],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C stops the service after its running requests: it must not stop the decoder.
            start_new_session=True,
        )
    except OSError as error:
        raise Busy from error
    with process:
        try:
            yield cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout), process.wait
        finally:
            process.kill()


def _read(answer: IO[bytes]) -> Image:
    """The image that the process writes: a line of mode, width, height and orientation, then rows.

    The rows are as stored, from the top down; the full-size image is never in memory.
    """
    head = answer.readline(100).split()
    if len(head) != 4:
        raise InvalidImage(UNREADABLE)
    mode, (width, height, orientation) = head[0].decode(), map(int, head[1:])
    check_size(width, height)
    canvas = Canvas.for_image(width, height)
    for top, bottom in canvas.bands():
        size = _CHANNELS[mode] * width * (bottom - top)
        band = answer.read(size)
        if len(band) < size:
            raise InvalidImage(UNREADABLE)
        canvas.add(PIL.Image.frombytes(mode, (width, bottom - top), band))
    return canvas.image(orientation)
