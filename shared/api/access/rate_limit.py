"""The rate limit: a token bucket per caller, in each instance."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from datetime import datetime

from shared.domain.clock import Clock
from shared.domain.errors import Throttled

_MAXIMUM_CALLERS = 10_000


class RateLimiter:
    """Token buckets.

    A bucket holds up to ``burst`` tokens, gains ``per_second`` tokens per second, and loses one per
    request. The 10,000 most recent callers are remembered; others start with a full bucket,
    as does every caller after ``burst / per_second`` seconds without requests.

    Args:
        per_second: more than 0.
        burst: at least 1.
    """

    def __init__(
        self,
        per_second: float,
        burst: float,
        clock: Clock,
        *,
        maximum_callers: int = _MAXIMUM_CALLERS,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._maximum_callers = maximum_callers
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count a request.

        Raises:
            Throttled: the bucket is empty; the error has the seconds until it is not.
        """
        with self._lock:
            now = self._clock.now()
            tokens, since = self._buckets.pop(caller, (self._burst, now))
            # A clock that was set back adds nothing.
            passed = max(0.0, (now - since).total_seconds())
            tokens = min(self._burst, tokens + passed * self._per_second)
            allowed = tokens >= 1
            self._buckets[caller] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > self._maximum_callers:
                self._buckets.popitem(last=False)
        if not allowed:
            raise Throttled(max(1, math.ceil((1 - tokens) / self._per_second)))
