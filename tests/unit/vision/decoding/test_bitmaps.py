"""BMP and GIF as browsers show them: alpha, bit fields, run lengths, screens of any size."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.errors import InvalidImage, InvalidImageSize
from shared.vision.decoding.decoder import decode
from tests.unit.vision.decoding.files import EXPECTED, bmp, differs_by, encoded, scene


def bgra(alpha: int) -> bytes:
    """The scene from the bottom up, four bytes a pixel."""
    opaque = np.dstack([EXPECTED[::-1, :, ::-1], np.full(EXPECTED.shape[:2], alpha, np.uint8)])
    return opaque.astype(np.uint8).tobytes()


BGRA = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)


@pytest.mark.parametrize(("header", "compression"), [(56, 3), (108, 3), (124, 3), (40, 6)])
@pytest.mark.parametrize("alpha", [0, 255])
def test_a_bmp_whose_alpha_is_zero_everywhere_is_opaque(
    header: int, compression: int, alpha: int
) -> None:
    content = bmp(32, BGRA, bgra(alpha), header=header, compression=compression)
    assert differs_by(content) == 0


def test_a_bmp_with_real_alpha_lies_over_white() -> None:
    samples = np.frombuffer(bgra(0), np.uint8).reshape(*EXPECTED.shape[:2], 4).copy()
    samples[0, 0, 3] = 255
    pixels = decode(bmp(32, BGRA, samples.tobytes(), header=108, compression=3)).pixels
    assert (pixels[-1, 0] == EXPECTED[-1, 0]).all()
    assert (pixels[:-1] == 255).all()


def packed(bits: tuple[int, int, int], order: str) -> tuple[bytes, tuple[int, int, int]]:
    """The scene in 16 bits a pixel with so many bits of red, green and blue; and the masks."""
    masks, value, shift = [], np.zeros(EXPECTED.shape[:2], np.uint16), 0
    for channel in order:
        at = "rgb".index(channel)
        masks.append((at, ((1 << bits[at]) - 1) << shift))
        value |= (EXPECTED[::-1, :, at].astype(np.uint16) >> (8 - bits[at])) << shift
        shift += bits[at]
    red, green, blue = (mask for _, mask in sorted(masks))
    return value.astype("<u2").tobytes(), (red, green, blue)


@pytest.mark.parametrize("bits", [(4, 4, 4), (5, 5, 5), (5, 6, 5), (3, 3, 2)])
@pytest.mark.parametrize("order", ["bgr", "rgb"])
def test_a_bmp_of_any_bit_fields_is_read(bits: tuple[int, int, int], order: str) -> None:
    pixels, masks = packed(bits, order)
    content = bmp(16, masks, pixels, header=40, compression=3)
    assert differs_by(content) <= 255 // (2 ** min(bits) - 1)


@pytest.mark.parametrize("masks", [(0xFF000000, 0xFF0000, 0xFF00), (0xFF, 0xFF00, 0xFF0000)])
def test_a_bmp_with_an_unused_byte_in_each_pixel_is_read(masks: tuple[int, int, int]) -> None:
    samples = np.zeros((*EXPECTED.shape[:2], 4), np.uint8)
    for at, mask in enumerate(masks):
        samples[:, :, (mask.bit_length() - 1) // 8] = EXPECTED[::-1, :, at]
    content = bmp(32, masks, samples.tobytes(), header=40, compression=3)
    assert differs_by(content) == 0


def run_lengths(indices: NDArray[np.uint8]) -> bytes:
    """Rows of indices as absolute runs, from the bottom up."""
    data = bytearray()
    for row in indices[::-1]:
        for start in range(0, len(row), 200):
            part = row[start : start + 200].tobytes()
            data += bytes((0, len(part))) + part + bytes(len(part) % 2)
        data += b"\0\0"
    return bytes(data) + b"\0\1"


def bmp_in_run_lengths() -> tuple[bytes, NDArray[np.uint8]]:
    """The scene in run lengths, and its pixels."""
    indexed = scene().quantize(256)
    content = bytearray(encoded("BMP", indexed))
    offset = int.from_bytes(content[10:14], "little")
    content[30:34] = (1).to_bytes(4, "little")
    whole = bytes(content[:offset]) + run_lengths(np.asarray(indexed))
    return whole, np.asarray(indexed.convert("RGB"))


@pytest.mark.parametrize("lost", [0, 1, 2, 3, 4])
def test_a_bmp_in_run_lengths_is_whole_when_its_last_row_is(lost: int) -> None:
    content, pixels = bmp_in_run_lengths()
    np.testing.assert_array_equal(decode(content[: len(content) - lost]).pixels, pixels)


def test_a_bmp_in_run_lengths_that_breaks_off_is_refused() -> None:
    content, _ = bmp_in_run_lengths()
    for size in (len(content) // 2, len(content) - 5, len(content) - 45):
        with pytest.raises(InvalidImage):
            decode(content[:size])


def gif_on(screen: tuple[int, int], left: int = 0, top: int = 0) -> bytes:
    """The scene's GIF on another screen."""
    content = encoded("GIF", scene().quantize(64))
    at = content.index(b"\x2c", 13 + 3 * 2 ** ((content[10] & 7) + 1))
    place = struct.pack("<HH", left, top)
    return (
        content[:6] + struct.pack("<HH", *screen) + content[10 : at + 1] + place + content[at + 5 :]
    )


@pytest.mark.parametrize("screen", [(0, 0), (0, 298), (240, 0), (10, 10)])
def test_a_gif_on_a_screen_that_does_not_hold_it_is_whole(screen: tuple[int, int]) -> None:
    expected = np.asarray(scene().quantize(64).convert("RGB"))
    np.testing.assert_array_equal(decode(gif_on(screen)).pixels, expected)


@pytest.mark.parametrize(("left", "top"), [(65_000, 65_000), (9_000, 9_000)])
def test_a_gif_far_outside_its_screen_has_too_many_pixels(left: int, top: int) -> None:
    with pytest.raises(InvalidImageSize):
        decode(gif_on((240, 298), left, top))


def test_the_size_of_a_gif_is_that_of_what_is_shown() -> None:
    image = decode(gif_on((240, 298), 6_000, 5_000))
    assert image.original_size == (6_240, 5_298)
    assert image.pixels.shape == (2_649, 3_120, 3)
