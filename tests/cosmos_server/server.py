"""The protocol server as an HTTP server on the loopback interface."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.cosmos_server.account import Account, Refused
from tests.cosmos_server.faults import Broken, Faults
from tests.cosmos_server.messages import Answer, Request
from tests.cosmos_server.protocol import Protocol
from tests.cosmos_server.signature import is_owner

KEY = "c3RhbmQtaW4ga2V5LCBub3QgYSBzZWNyZXQsIGZvciB0ZXN0cyBvbmx5IQ=="
TOKEN = "stand-in-token"
_CHECKS_ENDPOINTS = "cosmos-endpoint-refresh"
"""The thread in which the SDK connects once more, after its client's constructor returned."""


class CosmosServer:
    """A running protocol server. A context manager.

    Attributes:
        account: its data; hold ``lock`` to read it while requests are served.
        faults: injected faults.
        url: its address.
        key: the account's key.
        token: the valid token of an identity.
        requests: method and path of every request about documents.
    """

    key = KEY
    token = TOKEN

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        page_limit: int = 60,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.account = Account(now)
        self.faults = Faults()
        self.lock = threading.Lock()
        self.requests: list[tuple[str, str]] = []
        self._protocol = Protocol(self.account, page_limit=page_limit)
        self._http = _HttpServer(("127.0.0.1", 0), _handler(self))
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._http.server_address[1]}/"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _await_endpoint_checks()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Answer | None:
        """Execute a request; None: end the connection instead."""
        broken = None
        if "docs" in request.segments:
            self.requests.append((request.method, request.path))
            fault = self.faults.take(request.method)
            if fault is not None:
                time.sleep(fault.seconds)
                if fault.status is not None:
                    body = {"code": str(fault.status), "message": "Injected."}
                    return Answer(fault.status, body, dict(fault.headers))
                if fault.broken is Broken.BEFORE:
                    return None
                broken = fault.broken
        try:
            owner = is_owner(
                request.method, request.segments, request.headers, self.key, self.token
            )
            with self.lock:
                answer = self._protocol.answer(request, owner=owner, url=self.url)
        except Refused as refused:
            headers = {"x-ms-substatus": str(refused.sub_status), "x-ms-request-charge": "1.0"}
            body = {"code": refused.code, "message": str(refused)}
            answer = Answer(refused.status, body, headers)
        return None if broken is Broken.AFTER else answer


def _await_endpoint_checks() -> None:
    """Wait for the SDK's threads that may be connecting.

    Python leaks the socket of a client whose connection ends between `connect` and `wrap_socket`.
    """
    for thread in threading.enumerate():
        if thread.name == _CHECKS_ENDPOINTS:
            thread.join()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # clients keep connections open


def _handler(server: CosmosServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one write, one packet
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65_537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.answer(Request(self.command, self.path, headers, content))
            if answer is None:
                self.close_connection = True
                return
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            content = b"" if answer.body is None else json.dumps(answer.body).encode()
            lines = [f"HTTP/1.1 {answer.status} Answer"]
            headers = {
                "Date": formatdate(usegmt=True),
                "Content-Type": "application/json",
                "Content-Length": str(len(content)),
                **answer.headers,
            }
            lines += [f"{name}: {value}" for name, value in headers.items()]
            self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + content)
            self.wfile.flush()

    return Handler
