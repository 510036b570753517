"""Requests while the host ends: refused with when to try again, or cut off without an answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import azure.functions as func
import httpx
import pytest

from local.http.front import HttpFront
from local.http.host_keys import HostKeys
from local.http.server import HttpServer, bind
from local.triggers.blob_webhook import BlobWebhook
from local.triggers.indexing import HttpTrigger, IndexedFunction


class Door:
    """A function that answers when it is released."""

    def __init__(self) -> None:
        self.entered, self.released = threading.Event(), threading.Event()

    def main(self, req: func.HttpRequest) -> func.HttpResponse:
        self.entered.set()
        self.released.wait(30)
        return func.HttpResponse("done")


@contextmanager
def served(door: Door) -> Iterator[tuple[HttpServer, HttpFront, str]]:
    """A server with the one function; its address."""
    trigger = HttpTrigger("door", frozenset({"GET", "POST"}), "anonymous")
    keys, webhook = HostKeys("master", "default", "blobs"), BlobWebhook([], lambda _: None)
    listener = bind("127.0.0.1", 0)
    with ThreadPoolExecutor(2) as pool:
        front = HttpFront(
            [IndexedFunction("door", trigger, "req", door.main)],
            route_prefix="",
            keys=keys,
            webhook=webhook,
            pool=pool,
        )
        server = HttpServer(front, listener)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.start()
        try:
            yield server, front, address
        finally:
            door.released.set()
            server.stop(0.0)


def call(address: str, method: str = "GET", content: bytes = b"") -> httpx.Response:
    transport = httpx.HTTPTransport(retries=8)  # the server may not listen yet
    with httpx.Client(base_url=address, transport=transport, timeout=30) as client:
        return client.request(method, "/door", content=content)


@pytest.mark.parametrize("content", [b"", b"x" * 3_000_000])
def test_a_request_to_a_host_that_ends_is_refused_with_when_to_try_again(content: bytes) -> None:
    door = Door()
    with served(door) as (_, front, address):
        front.stop()
        answer = call(address, "POST", content)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert json.loads(answer.content)["error"]["code"] == "ServiceUnavailable"
    assert not door.entered.is_set()


def test_a_request_under_way_is_answered_within_the_grace() -> None:
    door = Door()
    with served(door) as (server, front, address), ThreadPoolExecutor(2) as pool:
        pending = pool.submit(call, address)
        assert door.entered.wait(20)
        front.stop()
        stopping = pool.submit(server.stop, 30.0)
        door.released.set()
        assert pending.result().text == "done"
        stopping.result()


def test_a_request_that_outlasts_the_grace_gets_no_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    door = Door()
    with served(door) as (server, _, address), ThreadPoolExecutor(1) as pool:
        pending = pool.submit(call, address)
        assert door.entered.wait(20)
        server.stop(0.0)
        with pytest.raises(httpx.TransportError):
            pending.result()
    assert "requests cut off" in caplog.messages
