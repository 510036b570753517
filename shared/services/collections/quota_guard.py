"""Enforces quotas while counting rarely.

Counting a million documents for every addition would cost more than the addition. A count that
leaves room for r more therefore allows this instance to add ``r / 64`` without counting again, for
at most five minutes: with up to 64 concurrent instances the quota is not exceeded. With fewer than
64 places left every addition counts, one at a time, so that a single instance is exact, and several
exceed the quota by at most their number. "Full" is cached for five seconds.
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
        lock: held from the check to the addition while few places are left.
        left: additions that remain.
        until: when the count becomes stale; None before the first count.
        full: whether the count left no room.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    left: int = 0
    until: datetime | None = None
    full: bool = False


class QuotaGuard:
    """Admits additions while there is room."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._allowances: OrderedDict[Hashable, _Allowance] = OrderedDict()

    @contextmanager
    def room(
        self,
        what: Hashable,
        quota: int,
        count: Callable[[], int],
        message: str,
        places: int = 1,
    ) -> Iterator[None]:
        """A context for one addition.

        Args:
            what: key of the quota.
            count: counts the existing items.
            message: of the error when there is no room.
            places: number of items that are added, all or none.

        Raises:
            QuotaExceeded: there is no room.
        """
        allowance = self._allowance(what)
        with ExitStack() as held:
            held.enter_context(allowance.lock)
            now = self._clock.now()
            stale = allowance.until is None or now >= allowance.until
            if stale or (allowance.left < places and not allowance.full):
                room = quota - count()
                if 0 < room < places:
                    raise QuotaExceeded(message)
                allowance.left = max(0, room // _INSTANCES)
                allowance.full = room <= 0
                allowance.until = now + (_FULL_HOLDS if allowance.full else _COUNT_HOLDS)
            if allowance.full:
                raise QuotaExceeded(message)
            if allowance.left >= places:
                allowance.left -= places
                held.close()  # Other waiting additions have room, too.
            yield

    def freed(self, what: Hashable) -> None:
        """Discard a cached "full" after a deletion."""
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
