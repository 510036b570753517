"""JSON bodies of poison messages."""

from __future__ import annotations

from typing import Any

from shared.api.bodies.members import Time
from shared.api.bodies.wire import Wire


class PoisonAnswer(Wire, frozen=True):
    """A message that failed on every attempt; ``content`` is its JSON, or its text."""

    id: str
    queue: str
    replays_to: str
    inserted: Time
    expires: Time
    deliveries: int
    content: dict[str, Any] | str


class PoisonListAnswer(Wire, frozen=True, omit_defaults=False):
    """Up to 32 messages of each poison queue; ``more``: a queue may have more."""

    messages: list[PoisonAnswer]
    more: bool


class ReplayAnswer(Wire, frozen=True):
    """The message that was replayed, and what it was delivered to."""

    id: str
    queue: str
