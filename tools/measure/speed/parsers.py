"""Time of a request with either HTTP parser of uvicorn; `local/http/protocol.py` uses one."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal

import uvicorn

from local.http.server import bind
from tools.measure.speed.result import Result

Message = MutableMapping[str, Any]
Parser = Literal["httptools", "h11"]

PARSERS: tuple[Parser, ...] = ("httptools", "h11")
_BODY_BYTES = 200_000
_ROUNDS = 5
_START_SECONDS = 10.0
_ANSWER = b"{}"
_HEAD = (
    "POST /face/v1.2/detect?returnFaceId=true&detectionModel=detection_03 HTTP/1.1\r\n"
    "Host: localhost:7071\r\nUser-Agent: python-httpx/0.28.1\r\nAccept: */*\r\n"
    "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
    "Content-Type: application/octet-stream\r\n"
    "Ocp-Apim-Subscription-Key: 0123456789abcdef0123456789abcdef\r\n"
    f"Content-Length: {_BODY_BYTES}\r\n\r\n"
)


def measure(*, requests: int) -> list[Result]:
    """Send an upload to an application that only reads it, with each parser in turn.

    Args:
        requests: number per round; the fastest of five rounds counts.
    """
    best = dict.fromkeys(PARSERS, float("inf"))
    for parser in PARSERS:
        with _serving(parser) as connection:
            for _ in range(_ROUNDS):
                best[parser] = min(best[parser], _round(connection, requests))
    how = f"a {_BODY_BYTES // 1000} kB upload that is only read, best of {_ROUNDS} x {requests}"
    return [
        Result(f"request_with_{parser}_ms", seconds * 1000, "ms", how)
        for parser, seconds in best.items()
    ]


def _round(connection: socket.socket, requests: int) -> float:
    """Mean seconds of a request."""
    content = _HEAD.encode("ascii") + bytes(_BODY_BYTES)
    started = time.perf_counter()
    for _ in range(requests):
        connection.sendall(content)
        received = b""
        while not received.endswith(_ANSWER):
            some = connection.recv(65_536)
            if not some:
                raise RuntimeError("the server closed the connection")
            received += some
    return (time.perf_counter() - started) / requests


@contextmanager
def _serving(parser: Parser) -> Iterator[socket.socket]:
    config = uvicorn.Config(
        _read_and_answer, http=parser, lifespan="off", ws="none", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    listener = bind("127.0.0.1", 0)
    address = listener.getsockname()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        with socket.create_connection(address, timeout=_START_SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield connection
    finally:
        server.should_exit = True
        thread.join()


async def _read_and_answer(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    while (await receive()).get("more_body"):
        continue
    headers = [(b"content-length", str(len(_ANSWER)).encode("ascii"))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _ANSWER})
