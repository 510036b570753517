"""Images that are uploaded and analysed in the background, and messages that failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any
from urllib.parse import quote

from lineament.connection.client import Client
from lineament.errors import Refused

_UPLOADS = "lineament/v1/uploads"
_POISON = "lineament/v1/poison"
_PENDING = "pending"


def put_upload(client: Client, name: str, content: bytes, query: Mapping[str, object]) -> None:
    """Upload an image under a name; the metadata are query parameters."""
    client.json("PUT", f"{_UPLOADS}/{quote(name)}", content=content, query=query)


def wait_for_upload(
    client: Client,
    name: str,
    *,
    seconds: float,
    stop: Event,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Poll until an upload is analysed, and return it with its result.

    Raises:
        Refused: it is still pending after ``seconds``, or when ``stop`` is set.
    """
    deadline = clock() + seconds
    wait = 0.1
    while True:
        found: dict[str, Any] = client.json("GET", f"{_UPLOADS}/{quote(name)}")
        if found["status"] != _PENDING:
            return found
        if clock() >= deadline or stop.wait(wait):
            raise Refused(f"{name} is still pending.", code="Pending")
        wait = min(wait * 1.5, 5.0)


def list_poison(client: Client) -> dict[str, Any]:
    """The messages that failed for good, at most 32 of each queue."""
    found: dict[str, Any] = client.json("GET", _POISON)
    return found


def replay_poison(client: Client, message: str) -> dict[str, Any]:
    """Put a message back on its queue."""
    path = f"{_POISON}/{quote(message, safe='')}/replay"
    found: dict[str, Any] = client.json("POST", path)
    return found
