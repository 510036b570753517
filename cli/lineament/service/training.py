"""Training of a collection."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lineament.connection.client import Client
from lineament.errors import Refused
from lineament.service.collections import Collection


def start_training(client: Client, collection: Collection) -> None:
    """Ask the service to train a collection."""
    client.json("POST", f"{collection.path}/train")


def wait_for_training(
    client: Client,
    collection: Collection,
    progress: Callable[[int], None],
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Poll until a training has ended, and return its status.

    Args:
        progress: called with the percent that is done.

    Raises:
        Refused: the training failed.
    """
    wait = 0.1
    while True:
        status: dict[str, Any] = client.json("GET", f"{collection.path}/training")
        if status["status"] == "failed":
            raise Refused(f"The training of {collection} failed: {status.get('message')}")
        if status["status"] == "succeeded":
            progress(100)
            return status
        progress(int(status.get("percent", 0)))
        pause(wait)
        wait = min(wait * 1.5, 2.0)
