"""AVIF and HEIC: what their headers say and hide, and the process that decodes them."""

from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.features
import PIL.Image
import pillow_heif
import pytest

from shared.domain.errors import Busy, InvalidImage, InvalidImageSize
from shared.vision.decoding.decoder import decode, inspect
from shared.vision.decoding.heif.boxes import brands
from tests.unit.vision.decoding.files import encoded, scene

pillow_heif.register_heif_opener()

FORMATS = ("AVIF", "HEIF")
DAMAGED = 16


def with_size(content: bytes, width: int, height: int) -> bytes:
    """The file with another size in the header of every image; the compressed data stay."""
    parts = content.split(b"ispe")
    size = struct.pack(">II", width, height)
    return b"ispe".join([parts[0], *(part[:4] + size + part[12:] for part in parts[1:])])


@pytest.mark.parametrize("kind", FORMATS)
def test_the_size_is_read_without_decoding(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(kind)
    monkeypatch.setattr("subprocess.Popen", None)
    found = inspect(content)
    assert (found.width, found.height) == (240, 298)


@pytest.mark.parametrize("kind", FORMATS)
def test_too_many_pixels_are_refused_with_the_bound_before_decoding(kind: str) -> None:
    with pytest.raises(InvalidImageSize, match="AVIF or HEIC image may have 25000000 pixels"):
        inspect(with_size(encoded(kind), 5_001, 5_000))


@pytest.fixture(scope="module")
def large() -> bytes:
    """64 megapixels in some kilobytes."""
    return encoded("AVIF", PIL.Image.new("RGB", (8_000, 8_000)), speed=10)


def test_pixels_that_take_too_much_memory_are_refused_for_their_size(
    large: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.domain.limits.MAXIMUM_HEIF_PIXELS", 64_000_000)
    with pytest.raises(InvalidImageSize, match="take too much memory"):
        decode(large)


def test_data_that_are_larger_than_the_header_says_take_no_more_memory(large: bytes) -> None:
    # libavif decodes them within the bound of the process and scales them.
    assert decode(with_size(large, 100, 100)).original_size == (100, 100)


@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_files_give_an_image_or_a_documented_error(kind: str) -> None:
    generator = np.random.default_rng(7)
    whole = encoded(kind)

    def outcome(number: int) -> str:
        damaged = bytearray(whole)
        places = np.random.default_rng(number).integers(0, 400 if number % 2 else len(whole), 4)
        for at in places:
            damaged[at] ^= int(generator.integers(1, 256))
        try:
            return str(decode(bytes(damaged)).pixels.ndim)
        except (InvalidImage, InvalidImageSize) as error:
            return error.error_code

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, range(DAMAGED)))
    assert set(outcomes) <= {"3", "InvalidImage", "InvalidImageSize"}
    assert "InvalidImage" in outcomes


def test_a_file_without_its_optional_decoder_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heic, avif = encoded("HEIF"), encoded("AVIF")
    monkeypatch.setattr("shared.vision.decoding.heif.image.find_spec", lambda _: None)
    monkeypatch.setattr(PIL.features, "check", lambda _: False)
    for content in (heic, avif):
        with pytest.raises(InvalidImage, match="installed without it"):
            inspect(content)


def test_a_machine_that_cannot_start_a_process_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded("AVIF")
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(Busy):
        decode(content)


def test_the_process_gets_no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = tmp_path / "environment"
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nenv > {seen}\n")
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(program))
    monkeypatch.setenv("FACE_KEYS", "a-key-of-the-callers")
    with pytest.raises(InvalidImage):
        decode(encoded("AVIF"))
    assert "PYTHONPATH" in seen.read_text()
    assert "a-key-of-the-callers" not in seen.read_text()


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x18ftypavif".ljust(1024, b"\0"),
        b"\xff\xff\xff\xffftypheic".ljust(1024, b"\xff"),
        b"\0\0\0\x10ftypmif1\0\0\0\0\0\0\0\x10metaxxxxyyyy".ljust(1024, b"\0"),
    ],
)
def test_a_header_without_a_size_is_no_image(content: bytes) -> None:
    with pytest.raises(InvalidImage, match="Decoding error"):
        inspect(content)


def test_a_file_of_the_general_brand_is_decoded_by_the_codec_that_it_names() -> None:
    content = encoded("AVIF")
    assert b"avif" in brands(content)
    general = content[:8] + b"mif1" + content[12:]
    assert b"avif" in brands(general)
    expected = np.asarray(scene(), np.int16)
    assert np.abs(decode(general).pixels - expected).mean() < 6


def test_other_files_of_the_same_container_are_not_taken_for_images() -> None:
    with pytest.raises(InvalidImage):
        inspect(b"\0\0\0\x18ftypisom\0\0\0\0isommp42".ljust(2048, b"\0"))
