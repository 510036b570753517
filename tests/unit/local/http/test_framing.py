"""Where a request ends does not depend on the pieces in which it arrives, nor on its fields."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from local.http.server import HttpServer, bind

CONNECTIONS = 150
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"
FIELDS = (
    b"Upgrade: h2c",
    b"UPGRADE: websocket",
    b"Upgrade: ",
    b"Connection: Upgrade",
    b"connection: keep-alive, Upgrade, HTTP2-Settings",
    b"X: " + b"x" * 300,
)


async def application(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Answers with the method, the path and the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message["type"] == "http.request" and message["more_body"]
    text = f"<{scope['method']} {scope['raw_path'].decode()} {length}>".encode()
    headers = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server of the application, which accepts connections."""
    listener = bind("127.0.0.1", 0)
    listener.listen()
    number: int = listener.getsockname()[1]
    server = HttpServer(application, listener)
    server.start()
    yield number
    server.stop(1.0)


def request(source: random.Random, number: int) -> tuple[bytes, str]:
    """A request with or without a body, framed either way, and the answer to it."""
    method = source.choice(["GET", "POST", "PUT"])
    body = source.choice([b"", b"x", HIDDEN, HIDDEN * 30, b"\r\n\r\nUpgrade: of a body\r\n"])
    fields = [b"Host: x", *source.sample(FIELDS, source.randint(0, len(FIELDS)))]
    content = body
    if body and source.random() < 0.5:
        fields.append(b"Transfer-Encoding: chunked")
        cut = source.randint(1, len(body))
        parts = [part for part in (body[:cut], body[cut:]) if part]
        content = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    else:
        fields.append(b"Content-Length: %d" % len(body))
    source.shuffle(fields)
    line = f"{method} /{number} HTTP/1.1".encode()
    head = b"\r\n".join([line, *fields, b"", b""])
    return head + content, f"<{method} /{number} {len(body)}>"


def answers(port: int, sent: bytes, cuts: list[int]) -> list[str]:
    """The answers to what is sent in pieces, until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for begin, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
            client.sendall(sent[begin:end])
        received = b"".join(iter(lambda: client.recv(65_536), b""))
    return re.findall(r"<[^>]*>", received.decode())


def test_requests_in_any_pieces_are_answered_one_by_one(port: int) -> None:
    source = random.Random(11)  # noqa: S311 - reproducible
    for _ in range(CONNECTIONS):
        requests = [request(source, number) for number in range(source.randint(1, 4))]
        sent = b"".join(content for content, _ in requests) + LAST
        cuts = sorted(source.sample(range(1, len(sent)), source.choice([0, 1, 3, 10])))
        expected = [answer for _, answer in requests] + ["<GET /last 0>"]
        assert answers(port, sent, cuts) == expected
