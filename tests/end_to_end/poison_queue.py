"""Puts messages on poison queues, as the host does after the last attempt."""

from __future__ import annotations

import base64
import contextlib
from typing import Any

import msgspec
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient

from tests.end_to_end.service import RunningService


def poisoned(service: RunningService, queue: str, content: dict[str, Any]) -> str:
    """Put a message on a poison queue, as the host does after the last attempt; returns its id."""
    text = base64.b64encode(msgspec.json.encode(content)).decode()
    with QueueClient.from_connection_string(service.storage, queue) as client:
        with contextlib.suppress(ResourceExistsError):
            client.create_queue()
        return f"{queue}.{client.send_message(text).id}"
