"""Injected faults."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Broken(Enum):
    """When a connection ends without a response."""

    BEFORE = "before the request is carried out"
    AFTER = "after the request was carried out"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of requests about documents.

    Attributes:
        status: respond with this error instead.
        headers: of that response.
        broken: end the connection without a response.
        seconds: delay before anything else.
        times: number of requests that it affects.
        methods: affected HTTP methods; empty: all.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: Broken | None = None
    seconds: float = 0.0
    times: int = 1
    methods: frozenset[str] = frozenset()


class Faults:
    """The pending faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[Fault, int]] = []

    def inject(self, fault: Fault) -> None:
        """Add a fault."""
        with self._lock:
            self._left.append((fault, fault.times))

    def clear(self) -> None:
        """Remove all pending faults."""
        with self._lock:
            self._left.clear()

    def take(self, method: str) -> Fault | None:
        """The fault of a request, if any."""
        with self._lock:
            for place, (fault, left) in enumerate(self._left):
                if not fault.methods or method in fault.methods:
                    if left == 1:
                        del self._left[place]
                    else:
                        self._left[place] = (fault, left - 1)
                    return fault
            return None
