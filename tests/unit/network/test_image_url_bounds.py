"""Image URLs: limits of length and time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest

from shared.domain.errors import InvalidImageSize
from shared.network.image_urls import ImageUrlFetcher
from tests.unit.network.image_fetching import FAILED, refusal
from tests.unit.network.image_servers import (
    Answer,
    body,
    dripping_body,
    dripping_header,
    endless,
    redirect,
    serving,
    silent_server,
)


def test_a_body_as_long_as_allowed_is_fetched(fetcher: ImageUrlFetcher) -> None:
    with serving({"/": body(bytes(100_000))}) as server:
        assert len(fetcher.fetch(f"http://127.0.0.1:{server.server_port}/")) == 100_000


def announced_only(handler: BaseHTTPRequestHandler) -> None:
    """Too great a length without a body: a client that reads the body waits for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100001")
    handler.end_headers()
    time.sleep(2)


def chunked_without_end(handler: BaseHTTPRequestHandler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b"400\r\n" + bytes(1_024) + b"\r\n")


@pytest.mark.parametrize(
    "answer", [body(bytes(100_001)), endless, announced_only, chunked_without_end]
)
def test_a_longer_body_is_refused_with_or_without_a_length(
    fetcher: ImageUrlFetcher, answer: Answer
) -> None:
    with serving({"/": answer}) as server, pytest.raises(InvalidImageSize) as caught:
        fetcher.fetch(f"http://127.0.0.1:{server.server_port}/")

    assert caught.value.message == "Image size is too big."


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
def test_a_compressed_body_is_refused_unread(fetcher: ImageUrlFetcher, encoding: str) -> None:
    with serving({"/": body(b"bomb", Content_Encoding=encoding)}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server compressed its answer though asked not to."


@pytest.mark.parametrize("answer", [dripping_body, dripping_header])
def test_a_slow_server_does_not_exceed_the_deadline(answer: Answer) -> None:
    fetcher = ImageUrlFetcher(allow_private=True, deadline_seconds=0.5)

    with serving({"/": answer}) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server did not answer in time."


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_silent_server_does_not_exceed_the_deadline(scheme: str) -> None:
    fetcher = ImageUrlFetcher(allow_private=True, deadline_seconds=0.5)

    with silent_server() as port:
        message = refusal(fetcher, f"{scheme}://127.0.0.1:{port}/")

    assert message == FAILED + "The target server did not answer in time."


def test_the_deadline_holds_for_all_redirects_together() -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.4)
        redirect("/next" + handler.path)(handler)

    fetcher = ImageUrlFetcher(allow_private=True, deadline_seconds=1)
    paths = ["/"]
    for _ in range(3):
        paths.append("/next" + paths[-1])

    with serving(dict.fromkeys(paths, slow)) as server:
        message = refusal(fetcher, f"http://127.0.0.1:{server.server_port}/")

    assert message == FAILED + "The target server did not answer in time."
    assert len(server.requests) <= 3


def test_a_hanging_look_up_does_not_exceed_the_deadline() -> None:
    done = Event()

    class Hanging:
        def addresses(self, host: str, port: int) -> Sequence[str]:
            done.wait()
            return ["127.0.0.1"]

    fetcher = ImageUrlFetcher(allow_private=True, resolver=Hanging(), deadline_seconds=0.2)

    message = refusal(fetcher, "http://images.test/")
    done.set()

    assert message == FAILED + "The target server did not answer in time."
