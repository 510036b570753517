"""Time and memory of hostile images are bounded before anything is decoded."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import PIL.Image
import pytest

from functions.process import PILLOW_MEMORY
from shared.domain import limits
from shared.domain.errors import InvalidImage, InvalidImageSize
from shared.vision.decoding.decoder import decode, inspect
from shared.vision.decoding.jpeg.structure import MAXIMUM_SCANS
from tests.end_to_end.service import ROOT
from tests.unit.vision.decoding.files import chunk, encoded, png_with, segment
from tools.measure.images.__main__ import measured
from tools.measure.images.cases import CASES, png, saved, scans

MOST_MEGABYTES = 400
MOST_SECONDS = 3.0
EXPENSIVE = [
    "PNG RGBA 64 MP",
    "PNG RGBA 24 MP",
    "JPEG 64 MP turned",
    "JPEG progressive, no end, 42 MP",
    "GIF 64 MP",
    "BMP run lengths 64 MP",
    "WebP lossless RGBA 20 MP",
]
"""The others of CASES are measured by `python -m tests.soak images`."""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks need Linux's proc")
@pytest.mark.parametrize("name", EXPENSIVE)
def test_an_image_at_the_bounds_stays_within_memory_and_time(name: str) -> None:
    found = measured(CASES[name]())
    assert "faces" in found.outcome
    assert found.peak_mb <= min(MOST_MEGABYTES, found.estimate_mb)
    assert found.cpu_s <= MOST_SECONDS


TWO_AT_ONCE = """
import io, sys, threading
from pathlib import Path
from shared.domain.limits import MAXIMUM_DECODING_BYTES
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.vision.analyzer import load_analyzer
from shared.vision.runtime.inference_gate import InferenceGate
from shared.vision.runtime.memory_budget import MemoryBudget

def memory(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(x for x in lines if x.startswith(name)).split()[1]) * 1024

analysis = ImageAnalysis(
    load_analyzer(), InferenceGate(2, 2), MemoryBudget(MAXIMUM_DECODING_BYTES), lambda url: b""
)
files = [Path(name).read_bytes() for name in sys.argv[1:]]
analysis.faces(files.pop(), embed=False)
Path("/proc/self/clear_refs").write_text("5")
rest = memory("VmRSS")
threads = [
    threading.Thread(target=analysis.faces, args=(content,), kwargs={"embed": False})
    for content in files
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print((memory("VmHWM") - rest) // 1_000_000)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks need Linux's proc")
@pytest.mark.parametrize(
    "names",
    [
        ("JPEG progressive 4:4:4 42 MP", "WebP lossless RGBA 20 MP"),
        ("JPEG 24 MP turned", "JPEG progressive 64 MP"),
    ],
)
def test_two_images_at_once_stay_within_memory(names: tuple[str, str], tmp_path: Path) -> None:
    files = [tmp_path / "first", tmp_path / "second", tmp_path / "small"]
    made = [*(CASES[name]() for name in names), encoded("PNG")]
    for file, content in zip(files, made, strict=True):
        file.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", TWO_AT_ONCE, *map(str, files)],
        cwd=ROOT,
        env={**PILLOW_MEMORY, **os.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) <= 700


def seconds_to_refuse_or_decode(content: bytes) -> float:
    started = time.process_time()
    with suppress(InvalidImage, InvalidImageSize):
        decode(content)
    return time.process_time() - started


SIX_MEGABYTES = limits.MAXIMUM_IMAGE_BYTES - 200_000


def many_exif_segments() -> bytes:
    content = encoded("JPEG")
    one = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0")
    return content[:2] + one * (SIX_MEGABYTES // len(one)) + content[2:]


def fill_bytes() -> bytes:
    content = encoded("JPEG")
    return content[:2] + b"\xff" * SIX_MEGABYTES + content[2:]


def fill_bytes_in_data() -> bytes:
    content = encoded("JPEG")
    at = content.rindex(b"\xff\xda") + 200
    return content[:at] + b"\xff" * SIX_MEGABYTES + content[at:]


def fill_bytes_before_no_marker() -> bytes:
    content = encoded("JPEG")
    at = content.rindex(b"\xff\xda") + 200
    return content[:at] + b"\xff" * SIX_MEGABYTES + b"\0" + content[at:]


def fill_bytes_before_every_zero() -> bytes:
    content = encoded("JPEG")
    at = content.rindex(b"\xff\xda") + 200
    return content[:at] + b"\xff\xff\0" * (SIX_MEGABYTES // 3) + content[at:]


def many_comments() -> bytes:
    content = encoded("GIF")
    block = b"\x21\xfe" + b"\x01a" * 50 + b"\0"
    at = 13 + 3 * 2 ** ((content[10] & 7) + 1)
    return content[:at] + block * (SIX_MEGABYTES // len(block)) + content[at:]


def one_comment_of_megabytes() -> bytes:
    content = encoded("GIF")
    at = 13 + 3 * 2 ** ((content[10] & 7) + 1)
    return (
        content[:at]
        + b"\x21\xfe"
        + (b"\xff" + b"a" * 255) * (SIX_MEGABYTES // 256)
        + b"\0"
        + content[at:]
    )


def many_frames() -> bytes:
    content = encoded("GIF", PIL.Image.new("P", (8, 8)))
    at = 13 + 3 * 2 ** ((content[10] & 7) + 1)
    frame = content[at:-1]
    return (content[:-1] + frame * (SIX_MEGABYTES // len(frame)) + b";")[
        : limits.MAXIMUM_IMAGE_BYTES
    ]


def many_chunks() -> bytes:
    one = chunk(b"tEXt", b"a\0")
    return png_with(one * (SIX_MEGABYTES // len(one)))


def many_tiny_data_chunks() -> bytes:
    content = encoded("PNG")
    at = content.index(b"IDAT") - 4
    one = chunk(b"IDAT", b"")
    return content[:at] + one * (SIX_MEGABYTES // len(one) - 20_000) + content[at:]


def many_tables() -> bytes:
    content = encoded("JPEG")
    table = segment(0xDB, b"\0" + b"\1" * 64)
    return content[:2] + table * (SIX_MEGABYTES // len(table)) + content[2:]


def end_of_row_after_every_pixel() -> bytes:
    content = bytearray(encoded("BMP", PIL.Image.new("P", (60_000, 1_000)))[:1078])
    content[30:34] = (1).to_bytes(4, "little")
    return bytes(content) + b"\1\1\0\0" * (SIX_MEGABYTES // 4)


SLOW = [
    many_exif_segments,
    fill_bytes,
    fill_bytes_in_data,
    fill_bytes_before_no_marker,
    fill_bytes_before_every_zero,
    many_comments,
    one_comment_of_megabytes,
    many_frames,
    many_chunks,
    many_tiny_data_chunks,
    many_tables,
    end_of_row_after_every_pixel,
    lambda: scans(saved("JPEG", "RGB", progressive=True, side=4_000), 80),
    lambda: scans(saved("JPEG", "RGB", progressive=True, side=256), 80),
]


@pytest.mark.parametrize("make", SLOW)
def test_no_file_takes_more_than_three_seconds_of_cpu(make: Callable[[], bytes]) -> None:
    if sys.gettrace() is not None:
        pytest.skip("What coverage or a debugger traces takes several times as long.")
    content = make()
    assert limits.MINIMUM_IMAGE_BYTES <= len(content) <= limits.MAXIMUM_IMAGE_BYTES
    assert seconds_to_refuse_or_decode(content) < MOST_SECONDS


@pytest.mark.parametrize("make", [many_exif_segments, fill_bytes, many_comments, many_chunks])
def test_what_costs_little_is_read_whatever_lies_around_it(make: Callable[[], bytes]) -> None:
    assert decode(make()).width == 240


@pytest.mark.parametrize("side", [64, 4_000])
def test_a_jpeg_of_thousands_of_scans_is_refused_unread(side: int) -> None:
    content = scans(saved("JPEG", "RGB", progressive=True, side=side), 3_000)
    with pytest.raises(InvalidImage, match=f"more than {MAXIMUM_SCANS} scans"):
        inspect(content)


def test_a_large_jpeg_of_many_scans_is_refused_unread() -> None:
    content = scans(saved("JPEG", "RGB", progressive=True), 70)
    with pytest.raises(InvalidImage, match="too many scans for its size"):
        inspect(content)


def test_a_progressive_jpeg_whose_coefficients_need_too_much_memory_is_refused_with_the_bound() -> (
    None
):
    content = saved("JPEG", "RGB", progressive=True, subsampling=0, side=7_000)
    with pytest.raises(InvalidImageSize, match=r"too big\. A progressive JPEG .* 42\d{6} pixels"):
        inspect(content)
    assert inspect(saved("JPEG", "RGB", subsampling=0, side=7_000)).width == 7_000


def test_a_webp_that_needs_too_much_memory_is_refused_with_the_bound() -> None:
    content = saved("WEBP", "RGB", side=5_000, lossless=True, method=0).ljust(1024, b"\0")
    with pytest.raises(InvalidImageSize, match=r"A WebP image may have 20000000 pixels"):
        inspect(content)


def test_a_row_that_no_band_holds_is_refused() -> None:
    buffer = io.BytesIO()
    PIL.Image.new("1", (1_000_001, 1)).save(buffer, "PNG")
    with pytest.raises(InvalidImageSize):
        inspect(buffer.getvalue().ljust(1024, b"\0"))


def test_decoding_holds_no_lock_that_other_images_wait_for() -> None:
    small, large = encoded("PNG"), png(6, 8, side=4_000)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(decode, large)
        seen = 0
        while not slow.done():
            decode(small)
            seen += 1
    assert seen > 1
