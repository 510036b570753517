from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from shared.domain.errors import Busy
from shared.vision.runtime.inference_gate import InferenceGate

TIMEOUT = 30


class _Visitor:
    """A thread that enters the gate and stays inside until it is released."""

    def __init__(self, pool: ThreadPoolExecutor, enter: Callable[[], AbstractContextManager[None]]):
        self._enter = enter
        self._inside = threading.Event()
        self._released = threading.Event()
        self._visit: Future[None] = pool.submit(self._stay)

    def _stay(self) -> None:
        with self._enter():
            self._inside.set()
            assert self._released.wait(TIMEOUT)

    def wait_inside(self) -> None:
        assert self._inside.wait(TIMEOUT)

    @property
    def is_inside(self) -> bool:
        return self._inside.is_set()

    def release(self) -> None:
        self._released.set()

    def result(self) -> None:
        self._released.set()
        self._visit.result(TIMEOUT)


def _wait_for_queue(gate: InferenceGate, length: int) -> None:
    """Wait until that many wait; the tests' own timeout ends it otherwise."""
    waited = threading.Event()
    while gate.waiting != length:
        waited.wait(0.001)


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(32)


def test_beyond_inside_and_queue_a_client_is_turned_away_at_once(pool: ThreadPoolExecutor) -> None:
    gate = InferenceGate(concurrency=2, waiting=1)
    first, second = _Visitor(pool, gate.admit), _Visitor(pool, gate.admit)
    first.wait_inside()
    second.wait_inside()
    third = _Visitor(pool, gate.admit)
    _wait_for_queue(gate, 1)
    with pytest.raises(Busy), gate.admit():
        pass
    assert not third.is_inside
    first.release()
    third.wait_inside()
    for visitor in (first, second, third):
        visitor.result()
    assert gate.waiting == 0


def test_without_a_queue_the_second_client_is_turned_away(pool: ThreadPoolExecutor) -> None:
    gate = InferenceGate(concurrency=1, waiting=0)
    with gate.admit(), pytest.raises(Busy), gate.admit():
        pass
    with gate.admit():
        pass


def test_background_work_queues_beyond_the_bound_and_takes_no_client_s_place(
    pool: ThreadPoolExecutor,
) -> None:
    gate = InferenceGate(concurrency=1, waiting=1)
    inside = _Visitor(pool, gate.admit)
    inside.wait_inside()
    patient = [_Visitor(pool, lambda: gate.admit_patiently(TIMEOUT)) for _ in range(5)]
    _wait_for_queue(gate, 5)
    client = _Visitor(pool, gate.admit)
    _wait_for_queue(gate, 6)
    with pytest.raises(Busy), gate.admit():
        pass
    inside.result()
    for visitor in patient:
        visitor.release()
    client.wait_inside()
    for visitor in [*patient, client]:
        visitor.result()


def test_background_work_gives_up_after_its_timeout_and_leaves_the_queue() -> None:
    gate = InferenceGate(concurrency=1, waiting=0)
    with gate.admit():
        with pytest.raises(Busy), gate.admit_patiently(timeout=0.01):
            pass
        assert gate.waiting == 0
    with gate.admit_patiently(timeout=0.01):
        pass


def test_places_are_handed_on_in_the_order_of_arrival(pool: ThreadPoolExecutor) -> None:
    gate = InferenceGate(concurrency=1, waiting=10)
    order: list[int] = []
    inside = _Visitor(pool, gate.admit)
    inside.wait_inside()

    def visit(number: int) -> None:
        entry = gate.admit() if number % 2 else gate.admit_patiently(TIMEOUT)
        with entry:
            order.append(number)

    visits = []
    for number in range(8):
        visits.append(pool.submit(visit, number))
        _wait_for_queue(gate, number + 1)
    inside.result()
    for done in visits:
        done.result(TIMEOUT)
    assert order == list(range(8))


def test_a_failure_inside_gives_the_place_back() -> None:
    gate = InferenceGate(concurrency=1, waiting=0)
    with pytest.raises(RuntimeError, match="inside"), gate.admit():
        raise RuntimeError("inside")
    with gate.admit():
        pass


def test_never_more_inside_than_allowed_and_no_place_is_lost(pool: ThreadPoolExecutor) -> None:
    gate = InferenceGate(concurrency=3, waiting=1_000)
    lock = threading.Lock()
    inside = 0
    most = 0

    def visit(number: int) -> bool:
        nonlocal inside, most
        # Such short timeouts coincide with the hand-over of a place again and again.
        entry = gate.admit() if number % 3 else gate.admit_patiently(timeout=1e-5)
        try:
            with entry:
                with lock:
                    inside += 1
                    most = max(most, inside)
                sum(range(2_000))
                with lock:
                    inside -= 1
        except Busy:
            return False
        return True

    admitted = list(pool.map(visit, range(3_000)))
    assert all(admitted[number] for number in range(3_000) if number % 3)
    assert 1 <= most <= 3
    assert gate.waiting == 0
    # All three places are free again.
    with gate.admit(), gate.admit(), gate.admit():
        pass


@pytest.mark.parametrize(("concurrency", "waiting"), [(0, 1), (1, -1)])
def test_a_gate_without_places_is_rejected(concurrency: int, waiting: int) -> None:
    with pytest.raises(ValueError, match="gate"):
        InferenceGate(concurrency, waiting)
