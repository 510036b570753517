"""Creates something once, also beside another run whose request is still under way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from lineament.connection.client import Client
from lineament.errors import Refused

_KEY = "Idempotency-Key"
_REPLAYED = "Idempotency-Replayed"
_MOST_DELETIONS = 100
"""Of the same thing within the 24 hours for which the service remembers a key."""


def create_once(
    client: Client,
    path: str,
    facts: Sequence[object],
    exists: Callable[[dict[str, Any]], bool],
    **sent: Any,
) -> dict[str, Any]:
    """The answer to a POST, under a key that all runs derive from the same facts.

    A service of Lineament carries it out once; Azure ignores the key.

    Args:
        facts: what is created.
        exists: whether the resource of an earlier response still exists, unchanged; otherwise it
            is created again.
        sent: arguments of ``Client.call``.

    Raises:
        Refused, Unreachable: as ``Client.call``.
    """
    for generation in range(_MOST_DELETIONS):
        key = hashlib.sha256(json.dumps([path, *facts, generation]).encode()).hexdigest()
        response = client.call("POST", path, headers={_KEY: key}, **sent)
        answer: dict[str, Any] = response.json()
        if _REPLAYED not in response.headers or exists(answer):
            return answer
    raise Refused("This was created and deleted too often today. Try again tomorrow.")
