"""A small JSON server on the loopback interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Loopback:
    """What the server answers and what it was asked.

    Attributes:
        asked: path and Authorization header of each request.
    """

    status: int = 200
    answer: object = None
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serving(answer: object) -> Iterator[Loopback]:
    """A server that responds to every GET with this JSON; bytes are sent unchanged."""
    loopback = Loopback(answer=answer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            loopback.asked.append((self.path, self.headers.get("Authorization", "")))
            given = loopback.answer
            content = given if isinstance(given, bytes) else json.dumps(given).encode()
            self.send_response(loopback.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    loopback.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
