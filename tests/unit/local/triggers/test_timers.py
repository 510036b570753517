"""Timer schedules, missed runs, and timers that go on after a failure."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.functions.timer import TimerRequest

from local.triggers import timers
from local.triggers.indexing import IndexedFunction, TimerTrigger
from local.triggers.timers import TimerPump, next_occurrence
from shared.domain.errors import ConfigurationError

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


class Runs:
    """Notes the runs of a timer; the first ones may fail."""

    def __init__(self, wanted: int, failing: int = 0) -> None:
        self.requests: list[TimerRequest] = []
        self.enough = threading.Event()
        self._wanted = wanted
        self._failing = failing

    def expect(self, more: int) -> None:
        """Wait for so many more runs."""
        self.enough.clear()
        self._wanted = len(self.requests) + more

    def __call__(self, request: TimerRequest) -> None:
        self.requests.append(request)
        if len(self.requests) == self._wanted:
            self.enough.set()
        if len(self.requests) <= self._failing:
            raise RuntimeError("this run fails")


def timer(schedule: str, *, on_startup: bool = False) -> IndexedFunction[TimerTrigger]:
    return IndexedFunction("sweep", TimerTrigger(schedule, on_startup, True), "timer", print)


def run(
    function: IndexedFunction[TimerTrigger], runs: Runs, folder: Path, now: datetime | None = None
) -> None:
    pump = (
        TimerPump(function, runs, folder=folder)
        if now is None
        else TimerPump(function, runs, folder=folder, now=lambda: now)
    )
    pump.start()
    assert runs.enough.wait(10)
    pump.stop()
    pump.join(10)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 */5 * * * *", NOON + timedelta(minutes=5)),
        ("*/10 * * * * *", NOON + timedelta(seconds=10)),
        ("*/5 * * * *", NOON + timedelta(minutes=5)),
        ("0 30 2 * * *", datetime(2026, 11, 23, 2, 30, tzinfo=UTC)),
        ("0 0 0 * * mon", datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_the_next_time_of_a_schedule(schedule: str, expected: datetime) -> None:
    assert next_occurrence(schedule, NOON) == expected


@pytest.mark.parametrize("schedule", ["", "* *", "61 * * * * *", "0 0 0 30 2 *"])
def test_a_schedule_that_never_occurs_is_rejected(schedule: str) -> None:
    with pytest.raises(ConfigurationError, match="schedule"):
        next_occurrence(schedule, NOON)


def test_a_timer_continues_after_a_failed_run(tmp_path: Path) -> None:
    runs = Runs(wanted=2, failing=1)
    run(timer("* * * * * *"), runs, tmp_path)
    assert len(runs.requests) >= 2


def test_a_missed_run_starts_at_once_and_is_past_due(tmp_path: Path) -> None:
    first, second = Runs(wanted=1), Runs(wanted=1)
    run(timer("0 0 13 * * *", on_startup=True), first, tmp_path, NOON)
    run(timer("0 0 13 * * *"), second, tmp_path, NOON + timedelta(hours=2))
    assert [request.past_due for request in first.requests] == [False]
    assert [request.past_due for request in second.requests] == [True]
    assert second.requests[0].schedule_status["Next"] == "2026-11-22T13:00:00+00:00"


def test_each_run_is_given_the_status_that_the_run_before_left(tmp_path: Path) -> None:
    runs = Runs(wanted=2)
    run(timer("* * * * * *", on_startup=True), runs, tmp_path)
    first, second = (request.schedule_status for request in runs.requests[:2])
    assert first == {}
    assert set(second) == {"Last", "Next", "LastUpdated"}


class SettableClock:
    """A clock that runs with the machine's and can be set."""

    def __init__(self) -> None:
        self._step = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._step

    def set(self, step: timedelta) -> None:
        self._step += step


@pytest.mark.parametrize("days", [-1, 1])
def test_a_timer_goes_on_when_the_clock_is_set_back_or_forward_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    monkeypatch.setattr(timers, "_LONGEST_WAIT", 0.05)
    clock, runs = SettableClock(), Runs(1)
    pump = TimerPump(timer("* * * * * *"), runs, folder=tmp_path, now=clock.now)
    pump.start()
    assert runs.enough.wait(10)

    clock.set(timedelta(days=days))
    runs.expect(2)
    assert runs.enough.wait(10)

    pump.stop()
    pump.join(10)
