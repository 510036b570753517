"""The rate limit: a token bucket per caller."""

from __future__ import annotations

import threading

import pytest

from shared.api.access.rate_limit import RateLimiter
from shared.domain.errors import Throttled
from tests.doubles.clocks import ManualClock


def taken(limiter: RateLimiter, caller: str, wanted: int) -> int:
    """The number of requests that are admitted."""
    through = 0
    for _ in range(wanted):
        try:
            limiter.take(caller)
        except Throttled:
            continue
        through += 1
    return through


def test_a_caller_has_the_burst_and_then_the_rate() -> None:
    clock = ManualClock()
    limiter = RateLimiter(10, 20, clock)
    assert taken(limiter, "a", 50) == 20
    clock.advance(1)
    assert taken(limiter, "a", 50) == 10
    clock.advance(3600)
    assert taken(limiter, "a", 50) == 20, "a bucket holds no more than the burst"


def test_callers_do_not_use_up_each_other_s() -> None:
    limiter = RateLimiter(1, 3, ManualClock())
    assert taken(limiter, "a", 5) == 3
    assert taken(limiter, "b", 5) == 3


@pytest.mark.parametrize(("rate", "seconds"), [(20 / 60, 3), (1, 1), (1000, 1), (0.01, 100)])
def test_the_refusal_says_when_to_come_again(rate: float, seconds: int) -> None:
    clock = ManualClock()
    limiter = RateLimiter(rate, 1, clock)
    limiter.take("a")
    with pytest.raises(Throttled) as caught:
        limiter.take("a")
    assert caught.value.retry_after == seconds
    assert caught.value.message == "Rate limit is exceeded."
    clock.advance(seconds)
    limiter.take("a")


def test_a_clock_that_was_set_back_gives_nothing_away() -> None:
    clock = ManualClock()
    limiter = RateLimiter(1, 2, clock)
    assert taken(limiter, "a", 2) == 2
    clock.advance(-3600)
    assert taken(limiter, "a", 5) == 0
    clock.advance(1)
    assert taken(limiter, "a", 5) == 1


def test_only_so_many_callers_are_remembered() -> None:
    limiter = RateLimiter(1, 1, ManualClock(), maximum_callers=2)
    assert [taken(limiter, caller, 2) for caller in "abc"] == [1, 1, 1]
    assert taken(limiter, "c", 1) == 0, "who called last is remembered"
    assert taken(limiter, "b", 1) == 0
    assert taken(limiter, "a", 1) == 1, "who called first is forgotten"


def test_threads_together_get_no_more_than_the_burst() -> None:
    limiter, through = RateLimiter(0.001, 50, ManualClock()), []

    def call() -> None:
        through.append(taken(limiter, "a", 20))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(through) == 50
