"""Admits work according to the memory that it takes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class MemoryBudget:
    """Reservations that together stay within a number of bytes, granted in order of arrival.

    A reservation larger than the budget is granted when no other is held.

    Args:
        total: bytes.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._held = 0
        self._changed = threading.Condition()
        self._arrivals: deque[object] = deque()

    @property
    def held(self) -> int:
        """Bytes that are reserved now."""
        with self._changed:
            return self._held

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """Hold a number of bytes; waits until they are free and earlier arrivals are served."""
        turn = object()
        with self._changed:
            self._arrivals.append(turn)
            try:
                self._changed.wait_for(lambda: self._arrivals[0] is turn and self._fits(size))
                self._held += size
            finally:
                self._arrivals.remove(turn)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._held -= size
                self._changed.notify_all()

    def _fits(self, size: int) -> bool:
        return self._held == 0 or self._held + size <= self._total
