"""What browsers show is read: metadata that nothing uses never refuses an image."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from shared.domain.errors import InvalidImage
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.decoding.decoder import decode
from tests.unit.vision.decoding.files import (
    EXPECTED,
    PNG_SIGNATURE,
    chunk,
    differs_by,
    encoded,
    jpeg_with,
    png_of,
    png_with,
    rows,
    scene,
    segment,
    turned,
    wrong_checksum,
)

NAMES = [b"exif", b"xmp", b"transparency", b"interlace", b"bbox", b"icc_profile", b"dpi", b"gamma"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("after_data", [False, True])
def test_no_text_of_a_png_is_taken_for_something_else(name: bytes, after_data: bool) -> None:
    packed = zlib.compress(b"\xff\xfe not what its name says")
    texts = (
        chunk(b"tEXt", name + b"\0(1, 2"),
        chunk(b"zTXt", name + b"\0\0" + packed),
        chunk(b"iTXt", name + b"\0\1\0en\0\0" + packed),
    )
    assert differs_by(png_with(*texts, after_data=after_data)) == 0


@pytest.mark.parametrize("name", [b"iCCP", b"zTXt", b"iTXt"])
def test_a_profile_or_text_that_unpacks_to_megabytes_is_passed_over(name: bytes) -> None:
    body = {b"iTXt": b"a\0\1\0\0\0"}.get(name, b"a\0\0") + zlib.compress(bytes(3_000_000))
    assert differs_by(png_with(chunk(name, body))) == 0


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\0"])
@pytest.mark.parametrize("after_data", [False, True])
def test_a_profile_of_no_bytes_is_passed_over(body: bytes, after_data: bool) -> None:
    assert differs_by(png_with(chunk(b"iCCP", body), after_data=after_data)) == 0


@pytest.mark.parametrize("name", [b"tEXt", b"pHYs", b"eXIf", b"iCCP", b"gAMA", b"tIME", b"tRNS"])
@pytest.mark.parametrize("body", [b"", b"\1", b"a\0\0b"])
def test_a_side_chunk_that_is_not_valid_is_passed_over(name: bytes, body: bytes) -> None:
    assert differs_by(png_with(wrong_checksum(chunk(name, body)))) == 0


def test_a_png_without_its_end_is_whole() -> None:
    assert differs_by(encoded("PNG")[:-12]) == 0


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT"])
def test_a_critical_chunk_with_a_wrong_checksum_is_refused(name: bytes) -> None:
    content = bytearray(encoded("PNG"))
    at = content.index(name)
    length = int.from_bytes(content[at - 4 : at])
    content[at + 4 + length] ^= 0xFF
    with pytest.raises(InvalidImage):
        decode(bytes(content))


@pytest.mark.parametrize("name", [b"tRNS", b"eXIf", b"ABCD", b"IHDR"])
def test_what_follows_the_data_of_a_png_is_passed_over(name: bytes) -> None:
    body = {b"tRNS": bytes(6), b"eXIf": turned(6)}.get(name, b"x")
    assert differs_by(png_with(chunk(name, body), after_data=True)) == 0


def test_the_checksum_behind_the_rows_of_a_png_is_not_compared() -> None:
    assert differs_by(png_of(rows()[:-4] + b"\0\1\2\3")) == 0
    assert differs_by(png_of(rows()[:-4])) == 0
    assert differs_by(png_of(rows() + b"more than there should be")) == 0


@pytest.mark.parametrize("at", [1, 2, 3])
def test_the_data_of_a_png_may_be_divided_anywhere(at: int) -> None:
    assert differs_by(png_of(rows()[:at], b"", rows()[at:])) == 0


@pytest.mark.parametrize(
    "header", [b"", b"\x78", b"\x77\x9c", b"\x78\x9d", b"\x78\xbb", b"\x88\x1c"]
)
def test_data_of_a_png_that_does_not_begin_as_a_zlib_stream_is_refused(header: bytes) -> None:
    with pytest.raises(InvalidImage):
        decode(png_of(header + rows()[2:]))


@pytest.mark.parametrize("size", [0, 5, 257])
def test_a_transparency_of_no_possible_length_is_passed_over(size: int) -> None:
    indexed = scene().quantize(256)
    content = encoded("PNG", indexed if size > 256 else scene())
    at = content.index(b"IDAT") - 4
    made = content[:at] + chunk(b"tRNS", bytes(size)) + content[at:]
    np.testing.assert_array_equal(decode(made).pixels, decode(content).pixels)


def test_a_transparency_in_front_of_the_palette_or_a_second_one_is_passed_over() -> None:
    content = encoded("PNG", scene().quantize(64))
    palette, data = content.index(b"PLTE") - 4, content.index(b"IDAT") - 4
    hidden, shown = chunk(b"tRNS", bytes(64)), chunk(b"tRNS", b"\xff" * 64)
    for made in (
        content[:palette] + hidden + content[palette:],
        content[:data] + shown + hidden + content[data:],
    ):
        np.testing.assert_array_equal(decode(made).pixels, decode(content).pixels)


def test_a_png_with_a_palette_type_and_no_palette_is_refused() -> None:
    content = encoded("PNG", scene().quantize(16))
    at = content.index(b"PLTE") - 4
    end = at + 12 + int.from_bytes(content[at : at + 4])
    with pytest.raises(InvalidImage):
        decode(content[:at] + content[end:])


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_a_jpeg_without_its_end_marker_is_whole(progressive: bool, subsampling: int) -> None:
    content = encoded("JPEG", progressive=progressive, subsampling=subsampling)
    np.testing.assert_array_equal(decode(content[:-2]).pixels, decode(content).pixels)
    np.testing.assert_array_equal(decode(content[:-1]).pixels, decode(content).pixels)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("lost", [8, 40, 500, 4_000])
def test_a_jpeg_that_is_cut_is_refused(progressive: bool, lost: int) -> None:
    with pytest.raises(InvalidImage):
        decode(encoded("JPEG", progressive=progressive, quality=90)[:-lost])


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_is_cut_between_scans_or_before_them_is_refused(progressive: bool) -> None:
    content = encoded("JPEG", progressive=progressive)
    for at in (content.index(b"\xff\xda"), content.rindex(b"\xff\xda")):
        with pytest.raises(InvalidImage):
            decode(content[:at].ljust(1024, b"\0"))


def test_a_jpegs_metadata_is_passed_over() -> None:
    odd = (
        segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\x40\x40"),
        segment(0xE1, b"Exif\0\0"),
        segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff"),
        segment(0xE2, b"ICC_PROFILE\0\7\3" + bytes(500)),
        segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed\xff"),
        segment(0xFE, b"\xff\xd9 a comment with markers \xff\xda"),
        b"\xff\xff\xff",
    )
    np.testing.assert_array_equal(decode(jpeg_with(*odd)).pixels, decode(jpeg_with()).pixels)


XMP = (
    b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF"
    b" xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description"
    b" xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='6'/></rdf:RDF></x:xmpmeta>"
)


def test_an_orientation_in_xmp_turns_nothing() -> None:
    body = XMP.partition(b"\0")[2]
    for content in (
        jpeg_with(segment(0xE1, XMP)),
        png_with(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + body)),
        encoded("WEBP", xmp=body),
    ):
        assert decode(content).pixels.shape == EXPECTED.shape


LYING = EXPECTED.shape[1], EXPECTED.shape[0]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([b"Exif\0\0*"], id="alone"),
        pytest.param([b"Exif\0\xff*"], id="with another byte behind its name"),
        pytest.param([b"Exif\0\0", b"Exif\0\0*"], id="after an empty one"),
        pytest.param([XMP.replace(b"'6'", b"'1'"), b"Exif\0\0*"], id="after XMP"),
    ],
)
def test_an_orientation_in_exif_turns_a_jpeg(blocks: list[bytes], order: str) -> None:
    block = turned(6, order=order)
    segments = [segment(0xE1, one.replace(b"*", block)) for one in blocks]
    assert decode(jpeg_with(*segments)).pixels.shape[:2] == LYING


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(turned(6, kind=4), id="in four bytes"),
        pytest.param(turned(6)[:-6], id="whose value breaks off"),
        pytest.param(turned(0), id="below the first"),
        pytest.param(turned(9), id="beyond the last"),
        pytest.param(b"II\0*" + turned(6)[4:], id="of no order of bytes"),
        pytest.param(turned(6)[4:], id="without a header"),
    ],
)
def test_an_orientation_in_exif_that_is_not_valid_turns_nothing(block: bytes) -> None:
    assert decode(jpeg_with(segment(0xE1, b"Exif\0\0" + block))).pixels.shape == EXPECTED.shape


def test_an_orientation_behind_the_first_of_exif_or_behind_a_scan_turns_nothing() -> None:
    upright, lying = (segment(0xE1, b"Exif\0\0" + turned(one)) for one in (1, 6))
    content = jpeg_with()
    for made in (jpeg_with(upright, lying), content[:-2] + lying + content[-2:]):
        assert decode(made).pixels.shape == EXPECTED.shape


def test_an_orientation_is_found_behind_many_other_entries() -> None:
    block, entries = turned(6), 3_000
    others = struct.pack("<HHII", 0x9000, 3, 1, 0) * entries
    many = block[:8] + struct.pack("<H", entries + 1) + others + block[10:]
    assert decode(jpeg_with(segment(0xE1, b"Exif\0\0" + many))).pixels.shape[:2] == LYING


@pytest.mark.parametrize("length", [0, 1])
def test_a_jpegs_segment_shorter_than_its_length_is_passed_over(length: int) -> None:
    made = jpeg_with(bytes((0xFF, 0xEF, 0, length)))
    np.testing.assert_array_equal(decode(made).pixels, decode(jpeg_with()).pixels)


ODD = {
    "A-icc-1100k.png",
    "B-v4-alpha0.bmp",
    "C-no-eoi.jpg",
    "D-tEXt-transparency.png",
    "E-badcrc-text.png",
    "X-xmp6-upright.jpg",
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_an_odd_file_that_browsers_show_has_its_face(
    name: str, data: Path, analyzer: FaceAnalyzer
) -> None:
    (face,) = analyzer.detect(analyzer.decode((data / "odd" / name).read_bytes()))
    box = face.rectangle
    found = [box.top, box.left, box.width, box.height]
    assert found == pytest.approx([21, 24, 149, 205], abs=4)


def test_a_signature_alone_is_no_image() -> None:
    for signature in (PNG_SIGNATURE, b"\xff\xd8\xff", b"GIF89a", b"BM", b"RIFF\0\0\0\0WEBP"):
        with pytest.raises(InvalidImage, match="Decoding error"):
            decode(signature.ljust(1024, b"\0"))
