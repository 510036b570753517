"""The recorded exchanges, and how to repeat one with another host."""

from __future__ import annotations

import base64
import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
APP = FOLDER / "app"

_SECONDS = 15.0
_BODY_CHARACTERS = 3000
_NOT_COMPARED = (
    "date",
    "server",
    "transfer-encoding",
    "content-length",
    "connection",
    "keep-alive",
)
_HOST = re.compile(r"(127\.0\.0\.1|localhost|other)(:\d+)?")

Answer = dict[str, Any]
"""`status`, and unless the connection ended without an answer `headers`, `length` and `body`."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One row of the recording.

    Attributes:
        row: its number, from 0.
        kind: path, route, method, query, header, body, answer, key or line.
        request: the whole raw bytes.
    """

    row: int
    kind: str
    request: bytes
    answer: Answer

    @property
    def line(self) -> str:
        """The start of the request, for messages."""
        return repr(self.request[:100])


def recorded() -> list[Exchange]:
    """All rows."""
    rows = json.loads((FOLDER / "recorded.json").read_text("utf-8"))
    return [
        Exchange(number, row["kind"], _whole(row), row["answer"]) for number, row in enumerate(rows)
    ]


def send(address: tuple[str, int], request: bytes) -> Answer:
    """Send raw bytes and return the answer in the form of the recording."""
    data = b""
    with socket.create_connection(address, timeout=_SECONDS) as connection:
        try:
            connection.sendall(request)
            while part := connection.recv(65536):
                data += part
        except (TimeoutError, ConnectionError) as error:
            return {"status": type(error).__name__}
    while data.startswith(b"HTTP/1.1 100"):
        data = data.partition(b"\r\n\r\n")[2]
    if not data:
        return {"status": "closed"}
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    if "chunked" in headers.get("transfer-encoding", []):
        body = _unchunked(body)
    text = _HOST.sub("HOST", body.decode("utf-8", "backslashreplace"))
    return {
        "status": int(status.split()[1]),
        "headers": {name: headers[name] for name in sorted(headers) if name not in _NOT_COMPARED},
        "length": len(body),
        "body": text[:_BODY_CHARACTERS],
    }


def difference(exchange: Exchange, answer: Answer) -> str:
    """What differs, as lines of text; empty where the answers are the same."""
    return "".join(
        f"\n   {part}: {str(exchange.answer.get(part))[:200]} | {str(answer.get(part))[:200]}"
        for part in ("status", "headers", "body")
        if exchange.answer.get(part) != answer.get(part)
    )


def _whole(row: dict[str, Any]) -> bytes:
    """The request with the bytes that the recording cut: a run of `a`, and the end of the head."""
    request = base64.b64decode(row["request"])
    missing = int(row["size"]) - len(request)
    if not missing:
        return request
    end = b"" if b"\r\n\r\n" in request else b"\r\nConnection: close\r\n\r\n"
    return request + b"a" * (missing - len(end)) + end


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            break
        whole, body = whole + body[:length], body[length + 2 :]
    return whole
