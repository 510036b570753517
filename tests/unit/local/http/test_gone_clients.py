"""A request whose client is gone before a thread is free is not carried out."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import azure.functions as func
import pytest

from local.http.front import HttpFront
from local.http.host_keys import HostKeys
from local.http.server import HttpServer, bind
from local.triggers.blob_webhook import BlobWebhook
from local.triggers.indexing import HttpTrigger, IndexedFunction

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that has `close` reset the connection."""


class Narrow:
    """A host with one thread, and a function that holds it until it is released."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.entered, self.released = threading.Event(), threading.Event()
        listener = bind("127.0.0.1", 0)
        self.address = listener.getsockname()
        self.pool = ThreadPoolExecutor(1)
        front = HttpFront(
            [IndexedFunction("narrow", _trigger(), "req", self.main)],
            route_prefix="",
            keys=HostKeys("master", "default", "blobs"),
            webhook=BlobWebhook([], lambda _: None),
            pool=self.pool,
        )
        self.server = HttpServer(front, listener)
        self.server.start()

    def main(self, req: func.HttpRequest) -> func.HttpResponse:
        self.called.append(req.params["n"])
        self.entered.set()
        self.released.wait(30)
        return func.HttpResponse("done")

    def send(self, number: str) -> socket.socket:
        """Send a request; its connection."""
        deadline = time.monotonic() + 10
        while True:
            try:
                client = socket.create_connection(self.address, timeout=30)
                break
            except ConnectionRefusedError:  # the server does not listen yet
                assert time.monotonic() < deadline
        client.sendall(b"GET /narrow?n=%b HTTP/1.1\r\nHost: x\r\n\r\n" % number.encode())
        return client

    def wait_for_queued(self, count: int) -> None:
        """Wait until so many requests wait for the thread."""
        wait_until(lambda: self.pool._work_queue.qsize() >= count)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def statuses(caplog: pytest.LogCaptureFixture) -> list[int]:
    """The statuses of the requests that were logged."""
    return [vars(line)["status"] for line in caplog.records if "status" in vars(line)]


def _trigger() -> HttpTrigger:
    return HttpTrigger("narrow", frozenset({"GET"}), "anonymous")


@pytest.fixture
def host() -> Iterator[Narrow]:
    host = Narrow()
    yield host
    host.released.set()
    host.server.stop(0.0)
    host.pool.shutdown()


@pytest.mark.parametrize("resets", [True, False])
def test_a_request_whose_client_is_gone_is_not_carried_out(
    host: Narrow, caplog: pytest.LogCaptureFixture, *, resets: bool
) -> None:
    with caplog.at_level(logging.INFO), host.send("first") as first:
        assert host.entered.wait(10)
        gone = host.send("gone")
        host.wait_for_queued(1)
        if resets:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        gone.close()
        with host.send("last") as last:
            host.wait_for_queued(2)
            host.released.set()
            assert b"200 OK" in first.recv(100)
            assert b"200 OK" in last.recv(100)
        wait_until(lambda: len(statuses(caplog)) == 3)  # Lines follow the answers.
    assert host.called == ["first", "last"]
    assert sorted(statuses(caplog)) == [200, 200, 499]
