"""JSON bodies of the search for persons."""

from __future__ import annotations

from shared.api.bodies.people import PersonAnswer
from shared.api.bodies.wire import Wire


class PersonsAnswer(Wire, frozen=True):
    """Some persons in order of id; without a continuation the search is complete."""

    persons: list[PersonAnswer]
    continuation: str | None = None
