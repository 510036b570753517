"""The queue protocol, implemented by `azure_queues.py` for Azure Storage and Azurite."""

from __future__ import annotations

from typing import Protocol

MAXIMUM_PEEK = 32
"""Messages that one request may list; Azure's limit."""


class QueueSender(Protocol):
    """Sends queue messages, which the Functions host (or local/) delivers."""

    def send(self, queue: str, text: str, *, delay: int = 0) -> None:
        """Send a message, base64 encoded as the host expects.

        Args:
            text: at most 48 KiB of UTF-8, so that its base64 stays below the queue's 64 KiB.
            delay: seconds until the message becomes visible.
        """
        ...

    def peek(self, queue: str, *, limit: int = MAXIMUM_PEEK) -> list[str]:
        """Up to 32 message texts at the head of the queue, without removing them."""
        ...
