"""Fetching image URLs: what is fetched, and the error if that fails."""

from __future__ import annotations

import ssl
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from shared.domain.errors import InvalidImageSize, InvalidImageUrl
from shared.network.image_urls import ImageUrlFetcher
from tests.unit.network.image_fetching import FAILED, PUBLIC, REFUSED, Names, refusal
from tests.unit.network.image_servers import (
    body,
    redirect,
    self_signed,
    serving,
)


def test_the_bytes_behind_a_url_are_fetched(fetcher: ImageUrlFetcher) -> None:
    content = bytes(range(256)) * 300

    with serving({"/a%20face.jpg?sig=a%2Fb%3D&x=1": body(content)}) as server:
        fetched = fetcher.fetch(
            f"http://127.0.0.1:{server.server_port}/a%20face.jpg?sig=a%2Fb%3D&x=1#part"
        )

    assert fetched == content
    _, headers = server.requests[0]
    assert headers["host"] == f"127.0.0.1:{server.server_port}"
    assert headers["accept-encoding"] == "identity"
    assert "authorization" not in headers


def test_letters_beyond_ascii_are_escaped_on_the_way(fetcher: ImageUrlFetcher) -> None:
    with serving({"/Zo%C3%AB.jpg?q=%C3%BC": body(b"image")}) as server:
        assert fetcher.fetch(f"http://127.0.0.1:{server.server_port}/Zoë.jpg?q=ü") == b"image"


@pytest.mark.parametrize("around", ["{}", " {}", "{} ", "\n{}\r\n", "\t {} \n"])
def test_blanks_around_and_in_a_url_are_read_as_browsers_do(
    fetcher: ImageUrlFetcher, around: str
) -> None:
    with serving({"/my%20face.jpg?a=b%20c": body(b"image")}) as server:
        url = f"http://127.0.0.1:{server.server_port}/my face.jpg?a=b c"
        assert fetcher.fetch(around.format(url)) == b"image"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/my face.jpg", "/my%20face.jpg"),
        (" /face.jpg ", "/face.jpg"),
        ("/Zo\xeb.jpg", "/Zo%EB.jpg"),
        ("/Zoë.jpg".encode().decode("latin-1"), "/Zo%C3%AB.jpg"),
        ("?q=a b\xfc", "/?q=a%20b%FC"),
    ],
)
def test_a_redirect_with_blanks_or_latin_1_is_followed_as_browsers_do(
    fetcher: ImageUrlFetcher, location: str, path: str
) -> None:
    with serving({"/": redirect(location), path: body(b"image")}) as server:
        assert fetcher.fetch(f"http://127.0.0.1:{server.server_port}/") == b"image"


@pytest.mark.parametrize("digits", ["9" * 7, "0" * 5_000 + "9" * 7, "9" * 5_000])
def test_a_length_of_any_number_of_digits_is_too_big(fetcher: ImageUrlFetcher, digits: str) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {digits}\r\n\r\n".encode())

    with serving({"/": answer}) as server, pytest.raises((InvalidImageSize, InvalidImageUrl)):
        fetcher.fetch(f"http://127.0.0.1:{server.server_port}/")


def test_the_host_header_is_the_servers_own_name() -> None:
    fetcher = ImageUrlFetcher(
        allow_private=True, resolver=Names({"xn--bcher-kva.test": ["127.0.0.1"]})
    )

    with serving({"/": body(b"image")}) as server:
        assert fetcher.fetch(f"HTTP://Bücher.test:{server.server_port}") == b"image"

    assert server.requests[0][1]["host"] == f"xn--bcher-kva.test:{server.server_port}"


def test_an_address_that_does_not_answer_gives_way_to_the_next() -> None:
    names = Names({"images.test": ["127.0.0.2", "127.0.0.1"]})
    fetcher = ImageUrlFetcher(allow_private=True, resolver=names)

    with serving({"/": body(b"image")}) as server:
        assert fetcher.fetch(f"http://images.test:{server.server_port}/") == b"image"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/etc/passwd",
        "face.jpg",
        "file:///etc/passwd",
        "ftp://example.com/face.jpg",
        "gopher://example.com/",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "http:",
        "http://",
        "http:///face.jpg",
        "http://:80/face.jpg",
        "http://user@example.com/face.jpg",
        "http://user:password@example.com/face.jpg",
        "http://@example.com/face.jpg",
        "http://example.com\\@127.0.0.1/face.jpg",
        "http://example.com:0/face.jpg",
        "http://example.com:65536/face.jpg",
        "http://example.com:port/face.jpg",
        "http://[::1/face.jpg",
        "http://[fe80::1%25eth0]/face.jpg",
        "http://exa mple.com/face.jpg",
        "http://example.com/fa\nce.jpg",
        "http://example.com/face.jpg\r\nX-Injected: 1",
        "http://example.com/\x00",
        "http://127.0.0.1%2f.example.com/",
        "http://" + "a" * 64 + ".com/",
        "http://a..b/",
        "http://example.com/" + "a" * 4_096,
    ],
)
def test_a_malformed_url_is_rejected_before_any_look_up(url: str) -> None:
    names = Names({"example.com": [PUBLIC]})

    assert refusal(ImageUrlFetcher(allow_private=True, resolver=names), url) == REFUSED
    assert names.asked == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "404 Not Found"),
        (403, "403 Forbidden"),
        (500, "500 Internal Server Error"),
        (304, "304 Not Modified"),
        (599, "599"),
    ],
)
def test_an_unsuccessful_status_is_reported_to_the_caller(
    fetcher: ImageUrlFetcher, status: int, words: str
) -> None:
    with serving({"/": body(b"", status=status)}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + f'Remote server error returned: "{words}"'


def test_the_servers_own_words_are_not_repeated(fetcher: ImageUrlFetcher) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(404, "<script>internal</script>")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving({"/": answer}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message.endswith('"404 Not Found"')


def test_a_server_that_is_not_there_cannot_be_reached(fetcher: ImageUrlFetcher) -> None:
    with serving({}) as server:
        port = server.server_port

    message = refusal(fetcher, f"http://127.0.0.1:{port}/")

    assert message == FAILED + "The target server could not be reached."


def test_an_answer_that_is_no_http_is_unreachable(fetcher: ImageUrlFetcher) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    with serving({"/": answer}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server could not be reached."


def test_a_body_that_breaks_off_is_not_taken_for_an_image(fetcher: ImageUrlFetcher) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")

    with serving({"/": answer}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server could not be reached."


def test_https_with_a_certificate_of_its_own_making_is_refused(
    tmp_path: Path, fetcher: ImageUrlFetcher
) -> None:
    server_side, _ = self_signed(tmp_path, "localhost")

    with serving({"/": body(b"image")}, server_side) as server:
        message = refusal(fetcher, f"https://localhost:{server.server_port}/")

    assert message == FAILED + "The target server's certificate is not valid."
    assert server.requests == []


def test_https_is_verified_for_the_name_in_the_url_not_for_the_address(tmp_path: Path) -> None:
    server_side, certificate = self_signed(tmp_path, "images.test")
    fetcher = ImageUrlFetcher(
        allow_private=True,
        resolver=Names({"images.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]}),
        tls=ssl.create_default_context(cafile=str(certificate)),
    )

    with serving({"/": body(b"image")}, server_side) as server:
        assert fetcher.fetch(f"https://images.test:{server.server_port}/") == b"image"
        message = refusal(fetcher, f"https://other.test:{server.server_port}/")

    assert message == FAILED + "The target server's certificate is not valid."
    assert len(server.requests) == 1
