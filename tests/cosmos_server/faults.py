"""Trouble on demand."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Broken(Enum):
    """When a connection ends without an answer."""

    BEFORE = "before the request is carried out"
    AFTER = "after the request was carried out"


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to requests about documents.

    Attributes:
        status: answer with this error instead.
        headers: of that answer.
        broken: end the connection without an answer.
        seconds: wait that long before anything else.
        times: how many requests it happens to.
        methods: HTTP methods that it happens to; empty: all.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: Broken | None = None
    seconds: float = 0.0
    times: int = 1
    methods: frozenset[str] = frozenset()


class Faults:
    """The faults that are still to happen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[Fault, int]] = []

    def inject(self, fault: Fault) -> None:
        """Let a fault happen."""
        with self._lock:
            self._left.append((fault, fault.times))

    def clear(self) -> None:
        """Let none happen any more."""
        with self._lock:
            self._left.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that happens to a request now."""
        with self._lock:
            for place, (fault, left) in enumerate(self._left):
                if not fault.methods or method in fault.methods:
                    if left == 1:
                        del self._left[place]
                    else:
                        self._left[place] = (fault, left - 1)
                    return fault
            return None
