"""Queues: the narrow seam. Azure Storage and Azurite are served by `azure_queues.py` alike."""

from __future__ import annotations

from typing import Protocol


class QueueSender(Protocol):
    """Puts messages on queues; the Functions host (or local/) takes them off."""

    def send(self, queue: str, text: str, *, delay: int = 0) -> None:
        """Put a message on a queue, base64 encoded as the host expects.

        Args:
            text: at most 48 KiB of UTF-8, so that its base64 stays below the queue's 64 KiB.
            delay: seconds before anyone can see it.
        """
        ...

    def peek(self, queue: str, *, limit: int = 32) -> list[str]:
        """Up to 32 message texts at the head of the queue, left where they are."""
        ...
