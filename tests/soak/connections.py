"""Slow and greedy connections by the thousand, under `ulimit -n 1024`."""

from __future__ import annotations

import resource
import socket
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.end_to_end.service import RunningService

_CONNECTIONS = 1_100
_SECONDS = 30.0
_MOST_LOG_LINES = 400
_MOST_SECONDS_OF_A_REQUEST = 3.0


def run() -> Mapping[str, object]:
    """Hold connections that send a byte a second, while another address is served."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningService(
            Path(folder), prefix=("bash", "-c", 'ulimit -n 1024; exec "$@"', "bash")
        ) as service,
        ExitStack() as held,
    ):
        log = Path(folder) / "host.log"
        before = len(log.read_text("utf-8").splitlines())
        clients = [_connected(service, held) for _ in range(_CONNECTIONS)]
        refused = _drip(clients)
        slowest = _slowest_from_another_address(service)
        lines = log.read_text("utf-8").splitlines()[before:]
        assert len(lines) <= _MOST_LOG_LINES, f"{len(lines)} lines of log"
        assert not any("Traceback" in line for line in lines)
        assert service.process.poll() is None
        return {
            "closed by the service": refused,
            "lines of log": len(lines),
            "slowest request of another address, s": slowest,
        }


def _connected(service: RunningService, held: ExitStack) -> socket.socket:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4 * _CONNECTIONS <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (4 * _CONNECTIONS, hard))
    address = urlsplit(service.url)
    client = socket.create_connection((address.hostname, address.port), timeout=30)
    return held.enter_context(client)


def _drip(clients: list[socket.socket]) -> int:
    """Send a byte a second on each; answers how many the service closed."""
    head = b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1_000
    closed: set[socket.socket] = set()
    for at in range(int(_SECONDS)):
        for client in clients:
            try:
                client.sendall(head[at : at + 1])
            except OSError:
                closed.add(client)
        time.sleep(1.0)
    return len(closed)


def _slowest_from_another_address(service: RunningService) -> float:
    address = urlsplit(service.url)
    slowest = 0.0
    for _ in range(20):
        started = time.monotonic()
        with suppress(ConnectionResetError), socket.socket() as client:
            client.bind(("127.0.0.2", 0))
            client.settimeout(30)
            client.connect((address.hostname, address.port))
            client.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        slowest = max(slowest, time.monotonic() - started)
    assert slowest <= _MOST_SECONDS_OF_A_REQUEST, f"a request took {slowest:.1f} s"
    return round(slowest, 3)
