"""Bounds of connections and unfinished request heads, and log lines about them."""

from __future__ import annotations

import logging
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

_LOGGER = logging.getLogger("lineament.host")

HEAD_SECONDS = 20.0
"""Longest time for one request's head to arrive; then 408."""

HEAD_BYTES = 48 * 1024
"""Most bytes of an unfinished head: a request line and headers at their bounds; then 431."""

_MOST_CONNECTIONS = 1_000
_FILES_FOR_CONNECTIONS = 0.5
"""Share of the process's file descriptors; snapshots, databases and storage take others."""

_SHARE_OF_AN_ADDRESS = 0.75


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections are served at once.

    Attributes:
        total: of all addresses together.
        per_address: of one remote address.
    """

    total: int
    per_address: int


def default_limits() -> ConnectionLimits:
    """Limits that leave file descriptors free, whatever `ulimit -n` is."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        descriptors = 2 * _MOST_CONNECTIONS
    total = max(8, min(_MOST_CONNECTIONS, int(descriptors * _FILES_FOR_CONNECTIONS)))
    return ConnectionLimits(total, max(4, int(total * _SHARE_OF_AN_ADDRESS)))


class Connections:
    """Counts the connections of one server; used on its event loop only."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._total = 0
        self._by_address: Counter[str] = Counter()

    def admit(self, address: str) -> bool:
        """Count a new connection; False, and not counted, above a limit."""
        if (
            self._total >= self._limits.total
            or self._by_address[address] >= self._limits.per_address
        ):
            return False
        self._total += 1
        self._by_address[address] += 1
        return True

    def release(self, address: str) -> None:
        """Stop counting a connection that was admitted."""
        self._total -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class OncePerSecond:
    """Writes a warning of each kind at most once per second, with the number it summarises."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._written: dict[str, float] = {}
        self._skipped: Counter[str] = Counter()

    def warn(self, event: str) -> None:
        """Write or count one occurrence."""
        now = self._clock()
        if event in self._written and now - self._written[event] < 1.0:
            self._skipped[event] += 1
            return
        self._written[event] = now
        _LOGGER.warning(event, extra={"times": 1 + self._skipped.pop(event, 0)})
