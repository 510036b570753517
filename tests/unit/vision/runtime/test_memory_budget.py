"""Reservations stay within the budget, in order of arrival; one alone always runs."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from shared.vision.runtime.memory_budget import MemoryBudget

TIMEOUT = 30


class Holder:
    """A thread that holds a reservation until it is released."""

    def __init__(self, pool: ThreadPoolExecutor, budget: MemoryBudget, size: int) -> None:
        self.granted, self._released = Event(), Event()
        self._done: Future[None] = pool.submit(self._hold, budget, size)

    def _hold(self, budget: MemoryBudget, size: int) -> None:
        with budget.reserve(size):
            self.granted.set()
            assert self._released.wait(TIMEOUT)

    def release(self) -> None:
        self._released.set()
        self._done.result(TIMEOUT)


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(8)


def test_what_fits_is_granted_at_once_and_what_does_not_waits(pool: ThreadPoolExecutor) -> None:
    budget = MemoryBudget(100)
    first, second = Holder(pool, budget, 60), Holder(pool, budget, 40)
    assert first.granted.wait(TIMEOUT) and second.granted.wait(TIMEOUT)
    third = Holder(pool, budget, 50)
    assert not third.granted.wait(0.05)
    second.release()
    assert not third.granted.wait(0.05)
    first.release()
    assert third.granted.wait(TIMEOUT)
    third.release()
    assert budget.held == 0


def test_a_reservation_above_the_budget_is_granted_alone(pool: ThreadPoolExecutor) -> None:
    budget = MemoryBudget(100)
    small = Holder(pool, budget, 1)
    assert small.granted.wait(TIMEOUT)
    large = Holder(pool, budget, 500)
    assert not large.granted.wait(0.05)
    small.release()
    assert large.granted.wait(TIMEOUT)
    assert budget.held == 500
    large.release()


def test_a_small_one_does_not_overtake_a_large_one(pool: ThreadPoolExecutor) -> None:
    budget = MemoryBudget(100)
    held = Holder(pool, budget, 60)
    assert held.granted.wait(TIMEOUT)
    large = Holder(pool, budget, 90)
    assert not large.granted.wait(0.05)
    small = Holder(pool, budget, 5)
    assert not small.granted.wait(0.05)
    held.release()
    assert large.granted.wait(TIMEOUT)
    assert small.granted.wait(TIMEOUT)
    large.release()
    small.release()


def test_a_fault_inside_gives_the_bytes_back() -> None:
    budget = MemoryBudget(100)
    with pytest.raises(ValueError, match="inside"), budget.reserve(10):
        raise ValueError("inside")
    assert budget.held == 0
