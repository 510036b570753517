"""A client that sends too much, too slowly or too often is cut off; others are served."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack, suppress
from pathlib import Path
from select import select
from typing import Any

import pytest

from local.http.body import BodyReader
from local.http.connections import ConnectionLimits, Connections, OncePerSecond, default_limits
from local.http.request_head import HeadRejected, read_head
from local.http.server import HttpServer, bind
from local.http.tls import TlsFiles, choose_tls
from shared.settings.one_machine import OneMachineSettings
from tests.end_to_end.service import eventually

HOST = b"GET / HTTP/1.1\r\nhost: x\r\n"
TIMEOUT = 20.0


async def application(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Answers 200, or what the head deserves, once the body has come."""
    status = 200
    try:
        read_head(scope)
        more = True
        while more:
            message = await receive()
            more = message["type"] == "http.request" and message["more_body"]
    except HeadRejected as rejection:
        status = rejection.status
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers; answers their ports."""
    servers: list[HttpServer] = []

    def start(
        limits: ConnectionLimits | None = None,
        head_seconds: float = TIMEOUT,
        tls: TlsFiles | None = None,
    ) -> int:
        listener = bind("127.0.0.1", 0)
        port: int = listener.getsockname()[1]
        server = HttpServer(
            application,
            listener,
            tls=tls,
            limits=limits,
            head_seconds=head_seconds,
        )
        server.start()
        servers.append(server)
        eventually(lambda: is_listening(port) or None)
        return port

    yield start
    for server in servers:
        server.stop(1.0)


def is_listening(port: int) -> bool:
    with suppress(ConnectionRefusedError), connect(port):
        return True
    return False


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), TIMEOUT, source_address=(source, 0))


def status(client: socket.socket) -> int:
    """The status of the next answer."""
    return int(client.recv(4096).split(b" ", 2)[1])


def answered(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case and body of the answer of a connection that is closed then."""
    received = b"".join(iter(lambda: client.recv(4096), b""))
    head, _, body = received.decode().partition("\r\n\r\n")
    first, *lines = head.lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split(" ")[1]), headers, body.encode()


def send_all(client: socket.socket, part: bytes, times: int) -> None:
    """Send until the server has closed the connection."""
    with suppress(OSError):
        for _ in range(times):
            client.sendall(part)


@pytest.mark.parametrize("line", [b"a: b\r\n", b"cookie: " + b"x" * 60 + b"\r\n"])
def test_hundreds_of_thousands_of_headers_are_answered_431_while_others_are_served(
    serve: Serve, line: bytes
) -> None:
    port = serve()
    with connect(port) as hostile, connect(port) as other:
        hostile.sendall(HOST)
        send_all(hostile, line * 1_000, 300)
        other.sendall(HOST + b"\r\n")
        assert status(other) == 200
        assert status(hostile) == 431


@pytest.mark.parametrize("part", [b"x: " + b"a" * 4_000, b"a" * 4_000])
def test_a_head_that_never_ends_is_answered_431(serve: Serve, part: bytes) -> None:
    with connect(serve()) as client:
        client.sendall(HOST)
        send_all(client, part, 1_000)
        assert status(client) == 431


def test_a_hundred_headers_are_read_and_one_more_is_answered_431(serve: Serve) -> None:
    port = serve()
    for count, expected in ((99, 200), (100, 431)):
        with connect(port) as client:
            lines = b"".join(b"x-%d: 1\r\n" % number for number in range(count))
            client.sendall(HOST + lines + b"\r\n")
            assert status(client) == expected


def test_a_head_that_comes_too_slowly_is_answered_408(serve: Serve) -> None:
    port = serve(head_seconds=0.2)
    for begun in (b"", b"GET / HT", HOST):
        with connect(port) as client:
            client.sendall(begun)
            assert status(client) == 408
            assert client.recv(1) == b""


def test_a_body_may_take_longer_than_a_head(serve: Serve) -> None:
    with connect(serve(head_seconds=1)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na")
        asyncio.run(asyncio.sleep(1.2))
        client.sendall(b"b")
        assert status(client) == 200


def test_trailers_that_never_end_are_cut_off(serve: Serve) -> None:
    with connect(serve()) as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        client.sendall(b"1\r\na\r\n0\r\n")
        send_all(client, b"t: " + b"a" * 4_000 + b"\r\n", 1_000)
        assert status(client) == 431


def test_a_body_in_chunks_of_one_byte_is_read(serve: Serve) -> None:
    with connect(serve()) as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        client.sendall(b"1\r\na\r\n" * 50_000 + b"0\r\n\r\n")
        assert status(client) == 200


def test_connections_are_limited_and_those_that_end_make_room(serve: Serve) -> None:
    port = serve(ConnectionLimits(total=3, per_address=3))

    def served() -> socket.socket | None:
        client = connect(port)
        client.sendall(HOST + b"\r\n")
        if status(client) == 200:
            return client
        client.close()
        return None

    with ExitStack() as held:
        # The connection that found the port open may still be counted.
        clients = [held.enter_context(eventually(served)) for _ in range(3)]
        with connect(port) as client:
            refused, headers, body = answered(client)
        assert (refused, headers["retry-after"]) == (503, "1")
        assert headers["content-length"] == str(len(body))
        assert headers["content-type"] == "application/json; charset=utf-8"
        # Microsoft's SDK for Python reads JSON from every error.
        assert json.loads(body)["error"]["code"] == "ServiceUnavailable"
        clients[0].close()
        held.enter_context(eventually(served))


def test_handshakes_that_stall_are_limited_and_other_addresses_are_served(
    serve: Serve, tmp_path: Path
) -> None:
    files = choose_tls(OneMachineSettings(host="127.0.0.1", tls=True), tmp_path)
    assert files is not None
    trusting = files.trusting_context()
    port = serve(ConnectionLimits(total=8, per_address=4), tls=files)

    def served(source: str) -> bool | None:
        try:
            with trusting.wrap_socket(connect(port, source)) as client:
                client.sendall(HOST + b"\r\n")
                return status(client) == 200
        except OSError:
            return None

    with ExitStack() as held:
        stalled = [held.enter_context(connect(port)) for _ in range(20)]
        # Five are held: a quarter more than the limit of an address.
        eventually(lambda: len(select(stalled, [], [], 0)[0]) >= 15 or None)
        assert served("127.0.0.1") is None
        assert served("127.0.0.2") is True
    assert eventually(lambda: served("127.0.0.1")) is True


def test_one_address_does_not_take_the_connections_of_all() -> None:
    connections = Connections(ConnectionLimits(total=4, per_address=3))
    assert [connections.admit("a") for _ in range(4)] == [True, True, True, False]
    assert connections.admit("b") is True
    assert connections.admit("c") is False
    connections.release("a")
    assert connections.admit("c") is True


def test_the_limits_leave_file_descriptors_free() -> None:
    limits = default_limits()
    assert 4 <= limits.per_address < limits.total <= 1_000


def test_a_warning_comes_once_a_second_with_how_many_it_stands_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]
    log = OncePerSecond(lambda: now[0])
    caplog.set_level(logging.WARNING)
    for moment in (0.0, 0.5, 0.9, 1.1):
        now[0] = moment
        log.warn("too many connections")
    log.warn("another")
    found = [(one.message, vars(one)["times"]) for one in caplog.records]
    assert found == [("too many connections", 1), ("too many connections", 3), ("another", 1)]


def test_a_body_that_is_dropped_is_read_within_bounds() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": bytes(1_000_000), "more_body": True}

    async def last() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def never() -> dict[str, Any]:
        raise AssertionError("The reader asks a client that waits for 100 Continue.")

    reader = BodyReader()
    assert asyncio.run(reader.discard(receive, {})) is False
    assert asyncio.run(reader.discard(last, {})) is True
    assert asyncio.run(reader.discard(never, {"expect": "100-continue"})) is False
