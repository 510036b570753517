"""Quotas: what is added is counted, but seldom where there is much room.

Counting a million documents at every addition would cost more than the addition. So a count that
leaves room for r more lets this instance add ``r / 64`` without another, for five minutes at most:
as long as no more than 64 instances add side by side, the quota holds. Below 64 places every
addition counts, one at a time, so that one instance keeps the quota exactly, and several exceed it
by at most their number. A full collection is told to be full for five seconds without a count.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.clock import Clock
from shared.domain.errors import QuotaExceeded

_INSTANCES = 64
_COUNT_HOLDS = timedelta(minutes=5)
_FULL_HOLDS = timedelta(seconds=5)
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Allowance:
    """What this instance may add without counting.

    Attributes:
        lock: held while few places are left, until the place is taken.
        left: how many may be added.
        until: when the last count is too old; None: nothing was counted yet.
        full: whether that count left no room.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    left: int = 0
    until: datetime | None = None
    full: bool = False


class QuotaGuard:
    """Lets additions through while there is room."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._allowances: OrderedDict[Hashable, _Allowance] = OrderedDict()

    @contextmanager
    def room(
        self, what: Hashable, quota: int, count: Callable[[], int], message: str
    ) -> Iterator[None]:
        """Room for one more, to be taken inside the context.

        Args:
            what: what is bounded.
            count: how many there are.
            message: what is said where there is no room.

        Raises:
            QuotaExceeded: there is none.
        """
        allowance = self._allowance(what)
        with ExitStack() as held:
            held.enter_context(allowance.lock)
            now = self._clock.now()
            stale = allowance.until is None or now >= allowance.until
            if stale or (allowance.left == 0 and not allowance.full):
                room = quota - count()
                allowance.left = max(0, room // _INSTANCES)
                allowance.full = room <= 0
                allowance.until = now + (_FULL_HOLDS if allowance.full else _COUNT_HOLDS)
            if allowance.full:
                raise QuotaExceeded(message)
            if allowance.left > 0:
                allowance.left -= 1
                held.close()  # There is room for whoever waits, too.
            yield

    def freed(self, what: Hashable) -> None:
        """Something was deleted: what was full need not be so any more."""
        with self._lock:
            allowance = self._allowances.get(what)
            if allowance is not None and allowance.full:
                del self._allowances[what]

    def _allowance(self, what: Hashable) -> _Allowance:
        with self._lock:
            allowance = self._allowances.setdefault(what, _Allowance())
            self._allowances.move_to_end(what)
            while len(self._allowances) > _REMEMBERED:
                self._allowances.popitem(last=False)
            return allowance
