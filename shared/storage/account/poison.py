"""Poison queues: lists and removes messages that failed on every attempt.

`azure_poison.py` implements the protocol for Azure Storage and Azurite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PoisonMessage:
    """A message of a poison queue.

    Attributes:
        text: its content, without base64.
        receipt: allows the message to be deleted; None if it was only listed.
    """

    queue: str
    message_id: str
    text: str = field(repr=False)
    inserted: datetime
    expires: datetime
    deliveries: int
    receipt: str | None = None


class PoisonQueues(Protocol):
    """Reads and removes messages of poison queues."""

    def listed(self, queue: str) -> Sequence[PoisonMessage]:
        """Up to 32 messages at the head of a queue; a missing queue is empty."""
        ...

    def take(self, queue: str, message_id: str) -> PoisonMessage | None:
        """A message among the first 1,024, hidden for a minute; None if it is not among them."""
        ...

    def remove(self, message: PoisonMessage) -> None:
        """Delete a message that was taken."""
        ...
