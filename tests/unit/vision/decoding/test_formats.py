from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import PIL.Image
import pillow_heif
import pytest
from numpy.typing import NDArray

from shared.domain import limits
from shared.domain.errors import InvalidImage, InvalidImageSize
from shared.vision.decoding.decoder import decode
from shared.vision.images import Image
from tests.images import portrait

WIDTH, HEIGHT = 48, 32

pillow_heif.register_heif_opener()


def _scene() -> PIL.Image.Image:
    """Red, green, blue and white quarters: any turn, mirroring or swapped channel shows."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[: HEIGHT // 2, : WIDTH // 2] = (220, 30, 30)
    pixels[: HEIGHT // 2, WIDTH // 2 :] = (30, 200, 30)
    pixels[HEIGHT // 2 :, : WIDTH // 2] = (30, 30, 240)
    pixels[HEIGHT // 2 :, WIDTH // 2 :] = (255, 255, 255)
    return PIL.Image.fromarray(pixels)


def _encoded(source: PIL.Image.Image, kind: str, **options: object) -> bytes:
    """The file, filled up after its end to the least size that is accepted."""
    buffer = io.BytesIO()
    source.save(buffer, kind, **options)
    content = buffer.getvalue()
    return content + b"\0" * max(0, limits.MINIMUM_IMAGE_BYTES - len(content))


def _quarters(image: Image) -> list[list[int]]:
    """The colour in the middle of each quarter, by rows."""
    rows, columns = image.height // 4, image.width // 4
    return [
        image.pixels[y, x].astype(int).tolist()
        for y in (rows, 3 * rows)
        for x in (columns, 3 * columns)
    ]


def _scene_quarters() -> list[list[int]]:
    return [[220, 30, 30], [30, 200, 30], [30, 30, 240], [255, 255, 255]]


def _nearly(expected: list[list[int]], tolerance: float = 12) -> list[object]:
    return [pytest.approx(colour, abs=tolerance) for colour in expected]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF", "HEIF"])
def test_each_documented_format_is_read(kind: str) -> None:
    image = decode(_encoded(_scene(), kind))
    assert (image.width, image.height) == (WIDTH, HEIGHT)
    assert image.pixels.dtype == np.uint8
    assert image.pixels.flags.c_contiguous
    assert _quarters(image) == _nearly(_scene_quarters())


@pytest.mark.parametrize("kind", ["TIFF", "PPM", "ICO", "TGA", "PCX", "JPEG2000"])
def test_every_other_format_is_refused(kind: str) -> None:
    with pytest.raises(InvalidImage, match="image format unsupported"):
        decode(_encoded(_scene(), kind))


def test_text_is_refused() -> None:
    with pytest.raises(InvalidImage, match="image format unsupported"):
        decode(b"this is not an image " * 100)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_of_an_animation_the_first_image_is_read(kind: str) -> None:
    others = [PIL.Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("black", "yellow")]
    content = _encoded(_scene(), kind, save_all=True, append_images=others, duration=50)
    assert _quarters(decode(content)) == _nearly(_scene_quarters())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_every_exif_orientation_is_set_upright(orientation: int, kind: str) -> None:
    # How a camera stores an upright scene under each orientation: the inverse of the turn to make.
    stored = {
        1: None,
        2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
        3: PIL.Image.Transpose.ROTATE_180,
        4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
        5: PIL.Image.Transpose.TRANSPOSE,
        6: PIL.Image.Transpose.ROTATE_90,
        7: PIL.Image.Transpose.TRANSVERSE,
        8: PIL.Image.Transpose.ROTATE_270,
    }[orientation]
    source = _scene() if stored is None else _scene().transpose(stored)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    image = decode(_encoded(source, kind, exif=exif.tobytes()))
    assert (image.width, image.height) == (WIDTH, HEIGHT)
    assert _quarters(image) == _nearly(_scene_quarters())


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_unknown_orientation_leaves_the_image_as_it_lies(orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    assert _quarters(decode(_encoded(_scene(), "PNG", exif=exif))) == _scene_quarters()


def test_broken_exif_leaves_the_image_as_it_lies() -> None:
    content = _encoded(_scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7fgarbage")
    assert _quarters(decode(content)) == _nearly(_scene_quarters())


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("CMYK", "JPEG"), ("P", "PNG"), ("P", "GIF"), ("P", "BMP"), ("RGBA", "PNG"), ("RGBA", "WEBP")],
)
def test_every_colour_mode_shows_the_same_colours(mode: str, kind: str) -> None:
    source = _scene().quantize(8) if mode == "P" else _scene().convert(mode)
    assert source.mode == mode
    assert _quarters(decode(_encoded(source, kind))) == _nearly(_scene_quarters())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF"])
def test_grey_images_have_three_equal_channels(kind: str) -> None:
    grey = _scene().convert("L")
    expected = np.repeat(np.asarray(grey).astype(int)[:, :, np.newaxis], 3, axis=2)
    pixels = decode(_encoded(grey, kind)).pixels
    assert np.abs(pixels - expected).max() <= 2


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_images_of_one_bit_are_black_and_white(kind: str) -> None:
    source = PIL.Image.new("1", (WIDTH, HEIGHT), 0)
    source.paste(1, (0, 0, WIDTH // 2, HEIGHT))
    pixels = decode(_encoded(source, kind)).pixels
    assert pixels[:, : WIDTH // 2].min() == 255
    assert pixels[:, WIDTH // 2 :].max() == 0


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    values = np.linspace(0, 65_535, WIDTH * HEIGHT).astype(np.uint16).reshape(HEIGHT, WIDTH)
    pixels = decode(_encoded(PIL.Image.fromarray(values), "PNG")).pixels
    expected = np.rint(values / 257).astype(int)
    assert (pixels == expected[:, :, np.newaxis]).all()


def test_sixteen_bits_in_three_channels_are_scaled() -> None:
    row = b"\0" + struct.pack(">3H", 65_535, 0x8000, 0) * WIDTH
    pixels = decode(_png(WIDTH, HEIGHT, 16, 2, row * HEIGHT)).pixels
    assert (pixels == (255, 0x80, 0)).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_what_is_transparent_is_white(kind: str) -> None:
    source = _scene().convert("RGBA")
    source.putpixel((0, 0), (0, 0, 0, 0))
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[: HEIGHT // 2, : WIDTH // 2] = 0
    alpha[HEIGHT // 2 :, : WIDTH // 2] = 128
    source.putalpha(PIL.Image.fromarray(alpha))
    quarters = _quarters(decode(_encoded(source, kind, lossless=True)))
    assert quarters[0] == [255, 255, 255]
    assert quarters[2] == pytest.approx([142, 142, 247], abs=2)
    assert quarters[3] == [255, 255, 255]


def test_grey_with_alpha_lies_over_white() -> None:
    source = PIL.Image.new("LA", (WIDTH, HEIGHT), (0, 0))
    assert decode(_encoded(source, "PNG")).pixels.min() == 255


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_white(kind: str) -> None:
    source = _scene().quantize(4)
    red = source.getpixel((0, 0))
    quarters = _quarters(decode(_encoded(source, kind, transparency=red)))
    assert quarters == _nearly([[255, 255, 255], *_scene_quarters()[1:]])


def test_a_palette_with_an_alpha_for_each_entry_lies_over_white() -> None:
    source = _scene().quantize(4)
    quarters = _quarters(decode(_encoded(source, "PNG", transparency=bytes([0, 0, 0, 0]))))
    assert quarters == [[255, 255, 255]] * 4


def test_a_transparent_colour_of_a_true_colour_image_is_white() -> None:
    content = _encoded(_scene(), "PNG", transparency=(220, 30, 30))
    assert _quarters(decode(content)) == [[255, 255, 255], *_scene_quarters()[1:]]


def test_a_transparent_grey_of_sixteen_bits_is_white() -> None:
    row = b"\0" + struct.pack(">2H", 1_000, 2_000) * (WIDTH // 2)
    transparency = _chunk(b"tRNS", struct.pack(">H", 1_000))
    pixels = decode(_png(WIDTH, HEIGHT, 16, 0, row * HEIGHT, transparency)).pixels
    assert (pixels[:, 0::2] == 255).all()
    assert (pixels[:, 1::2] == 8).all()


def test_a_real_image_is_read() -> None:
    image = decode(portrait("person_a_2").read_bytes())
    assert (image.width, image.height) == (722, 899)
    assert 20 < image.pixels.std() < 120


def test_a_file_below_1024_bytes_is_too_small_before_it_is_parsed() -> None:
    with pytest.raises(InvalidImageSize, match=r"^Image size is too small\.$"):
        decode(b"x" * 1_023)


def test_a_file_beyond_6_mib_is_too_big_before_it_is_parsed() -> None:
    with pytest.raises(InvalidImageSize, match=r"^Image size is too big\.$"):
        decode(b"x" * (limits.MAXIMUM_IMAGE_BYTES + 1))


def test_files_of_exactly_the_bounds_are_read() -> None:
    content = _encoded(_scene(), "PNG")
    assert len(content) == limits.MINIMUM_IMAGE_BYTES
    assert decode(content).width == WIDTH
    assert decode(content.ljust(limits.MAXIMUM_IMAGE_BYTES, b"\0")).width == WIDTH


@pytest.fixture(params=["as it is", "raised"])
def pillow_bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Our bound must hold whatever the process has made of Pillow's."""
    if request.param == "raised":
        monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", None)
    yield


@pytest.mark.usefixtures("pillow_bound")
@pytest.mark.parametrize("side", [8_001, 9_800, 30_000, 2_000_000])
def test_a_bomb_is_refused_from_its_header(side: int) -> None:
    # No pixel is there to decode: a decoder that went on would complain of truncation.
    with pytest.raises(InvalidImageSize, match=r"^Image size is too big\.$"):
        decode(_png(side, side, 8, 2, b""))


@pytest.mark.usefixtures("pillow_bound")
@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP"])
def test_a_header_that_claims_a_huge_image_is_refused_in_every_format(kind: str) -> None:
    content = bytearray(_encoded(_scene(), kind))
    if kind == "JPEG":
        at = content.index(b"\xff\xc0") + 5
        content[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    elif kind == "GIF":
        content[6:10] = struct.pack("<HH", 60_000, 60_000)
    else:
        content[18:26] = struct.pack("<ii", 60_000, 60_000)
    with pytest.raises(InvalidImageSize, match=r"^Image size is too big\.$"):
        decode(bytes(content))


def test_a_webp_of_too_many_pixels_is_refused() -> None:
    content = _encoded(PIL.Image.new("RGB", (16_383, 4_000)), "WEBP", lossless=True, method=0)
    with pytest.raises(InvalidImageSize, match=r"^Image size is too big\.$"):
        decode(content)


def test_an_image_just_inside_the_bound_is_not_refused_for_its_size() -> None:
    with pytest.raises(InvalidImage, match="Decoding error"):
        decode(_png(8_000, 8_000, 8, 2, b""))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF", "HEIF"])
def test_a_truncated_file_is_refused(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    content = _encoded(PIL.Image.fromarray(noise), kind)
    half = content[: len(content) // 2]
    assert len(half) >= limits.MINIMUM_IMAGE_BYTES
    with pytest.raises(InvalidImage, match=r"^Decoding error, image format unsupported\.$"):
        decode(half)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
def test_damaged_files_give_an_image_or_a_documented_error(kind: str) -> None:
    generator = np.random.default_rng(5)
    whole = _encoded(_scene(), kind)
    refused = 0
    for _ in range(300):
        damaged = bytearray(whole)
        for at in generator.integers(0, min(len(whole), 400), generator.integers(1, 8)):
            damaged[at] = generator.integers(0, 256)
        try:
            assert decode(bytes(damaged)).pixels.ndim == 3
        except (InvalidImage, InvalidImageSize):
            refused += 1
    assert refused > 0


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 8, 3), np.uint8)[:, ::2],
    ],
)
def test_an_image_holds_nothing_but_rows_of_rgb(pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="image"):
        Image(pixels)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png(
    width: int, height: int, depth: int, colour_type: int, rows: bytes, extra: bytes = b""
) -> bytes:
    """A PNG written by hand: Pillow writes neither 16-bit colour nor a size that is a lie."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    content = (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + extra
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )
    return content.ljust(limits.MINIMUM_IMAGE_BYTES, b"\0")
