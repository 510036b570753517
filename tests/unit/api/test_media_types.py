"""How JSON and images are read by media type, and the errors for wrong ones."""

from __future__ import annotations

import json

import pytest

from shared.api.bodies.people import NamedBody
from shared.api.call import decode_body
from shared.api.media_types import check_compression, check_head
from shared.api.operations import Operation
from shared.domain.errors import BadArgument, InvalidImageSize, UnsupportedMediaType
from shared.domain.requests import ImageUrl
from tests.unit.api.test_calls import call

URL = json.dumps({"url": "https://example.com/a.jpg"}).encode()
IMAGE = b"\xff\xd8\xff" + bytes(2_000)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/JSON ; charset=us-ascii",
        "application/json; odata=verbose",
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_json_in_utf_8_is_read_with_and_without_a_byte_order_mark(kind: str, mark: bytes) -> None:
    request = call(headers={"content-type": kind}, body=mark + URL)
    assert request.image() == ImageUrl("https://example.com/a.jpg")


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "iso-8859-1", "windows-1252"])
def test_json_in_another_charset_is_refused_as_such(charset: str) -> None:
    kind = f"application/json; charset={charset}"
    with pytest.raises(UnsupportedMediaType, match="must be utf-8"):
        call(headers={"content-type": kind}, body=URL).image()
    with pytest.raises(UnsupportedMediaType):
        call(headers={"content-type": kind}, body=b'{"name": "a"}').body(NamedBody)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"]
)
@pytest.mark.parametrize("body", [URL, b"\xef\xbb\xbf \r\n" + URL, URL.ljust(2_000)])
def test_a_url_under_another_type_is_rejected_with_the_right_one(kind: str, body: bytes) -> None:
    headers = {"content-type": kind} if kind else {}
    with pytest.raises(UnsupportedMediaType, match="object with its url as application/json"):
        call(headers=headers, body=body).image()


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "identity, gzip", "zstd"])
def test_a_compressed_body_is_refused_as_such(coding: str) -> None:
    request = call(headers={"content-encoding": coding}).request
    with pytest.raises(UnsupportedMediaType, match="no compressed body"):
        check_compression(request)
    with pytest.raises(UnsupportedMediaType, match="no compressed body"):
        check_head(Operation("one", "POST", "one", "One.", takes_image=True), request)


@pytest.mark.parametrize("coding", ["", "identity", "utf-8"])
def test_other_content_codings_leave_the_body_as_it_is(coding: str) -> None:
    check_compression(call(headers={"content-encoding": coding}).request)


def test_a_form_is_rejected_with_the_supported_types() -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    with pytest.raises(UnsupportedMediaType, match="bytes of an image"):
        call(headers=headers, body=IMAGE).image()


@pytest.mark.parametrize(
    "kind", ["", "image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded", "x"]
)
def test_an_image_is_taken_under_any_type(kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    assert call(headers=headers, body=IMAGE).image() == IMAGE


@pytest.mark.parametrize("body", [b"", b"{", b'{"urls": 1}', b"[1]", b"{" * 1_000])
def test_what_is_no_image_and_no_url_is_too_small(body: bytes) -> None:
    with pytest.raises(InvalidImageSize):
        call(body=body).image()


@pytest.mark.parametrize("depth", [100, 1_000, 100_000])
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_json_of_any_depth_is_answered(depth: int, opening: bytes) -> None:
    closing = {b"[": b"]"}.get(opening, b"}")
    nested = opening * depth + b"1" + closing * depth
    body = b'{"name": "n", "userData": null, "other": ' + nested + b"}"
    try:
        assert decode_body(body, NamedBody).name == "n"
    except BadArgument as error:
        assert error.message == "JSON parsing error."


@pytest.mark.parametrize("name", [b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"])
def test_invalid_utf_8_is_refused_wherever_it_stands(name: bytes) -> None:
    for body in (b'{"name": "n", "' + name + b'": 1}', b'{"name": "' + name + b'"}'):
        with pytest.raises(BadArgument, match=r"JSON parsing error\."):
            decode_body(body, NamedBody)
