"""Timer triggers: NCRONTAB schedules in UTC, one thread a function, without overlapping runs.

Differs from the Functions host in one point: where day of month and day of week are both
restricted, NCRONTAB requires both to match, `cronsim` (as cron) either.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from azure.functions.timer import TimerRequest
from cronsim import CronSim, CronSimError

from local.private_file import write_private
from local.triggers.background import give_way_to_requests
from local.triggers.indexing import IndexedFunction, TimerTrigger
from shared.domain.errors import ConfigurationError

_LOGGER = logging.getLogger("lineament.host")

_LONGEST_WAIT = 30.0
"""Seconds after which the clock is read again: it may have been set."""


def next_occurrence(schedule: str, after: datetime) -> datetime:
    """The first time of a schedule after a moment.

    Args:
        schedule: `{second} {minute} {hour} {day} {month} {day of week}`; seconds may be left out.

    Raises:
        ConfigurationError: the schedule is malformed or never occurs.
    """
    try:
        return next(CronSim(schedule.upper(), after))
    except (CronSimError, StopIteration) as error:
        raise ConfigurationError(f"The schedule {schedule!r} is not usable: {error}") from error


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """When a function last ran and when it is due next."""

    last: datetime
    next: datetime

    def as_json(self) -> dict[str, str]:
        """As the Functions host passes it to the function."""
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.last.isoformat(),
        }


class TimerPump:
    """Runs one timer function.

    Args:
        invoke: runs the function and logs its errors; an exception does not end the timer.
        folder: of the schedule's status between runs, for functions that use the monitor.
        now: the clock.
    """

    def __init__(
        self,
        function: IndexedFunction[TimerTrigger],
        invoke: Callable[[TimerRequest], None],
        *,
        folder: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._trigger = function.trigger
        self._invoke = invoke
        self._file = folder / f"{function.name}.json"
        self._now = now
        self._next = next_occurrence(self._trigger.schedule, now())
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"timer-{function.name}")
        self._thread.daemon = True

    def start(self) -> None:
        """Start; a missed run, or `runOnStartup`, runs at once."""
        self._thread.start()

    def stop(self) -> None:
        """Start no more runs; `join` waits for a running one."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Wait for the end after `stop`, at most that many seconds; whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        give_way_to_requests()
        status = self._read() if self._trigger.use_monitor else None
        past_due = status is not None and status.next < self._now()
        if past_due or self._trigger.run_on_startup:
            status = self._fire(status, past_due=past_due)
        while not self._stopping.wait(self._seconds_to_wait()):
            now = self._now()
            following = next_occurrence(self._trigger.schedule, now)
            if now < self._next:
                # Not due yet, or the clock was set back: then the next time is an earlier one.
                self._next = min(self._next, following)
                continue
            self._next = following
            status = self._fire(status, past_due=False)

    def _seconds_to_wait(self) -> float:
        remaining = (self._next - self._now()).total_seconds()
        return min(max(remaining, 0.0), _LONGEST_WAIT)

    def _fire(self, status: ScheduleStatus | None, *, past_due: bool) -> ScheduleStatus | None:
        """Run the function once.

        Returns:
            The status for the next run; None where the function does not use the monitor.
        """
        request = TimerRequest(
            past_due=past_due, schedule_status=status.as_json() if status else None
        )
        try:
            self._invoke(request)
        except Exception:  # noqa: BLE001 - the boundary: the invocation has logged it
            _LOGGER.debug("timer continues after an error")
        if not self._trigger.use_monitor:
            return None
        following = ScheduleStatus(last=self._now(), next=self._next)
        self._write(following)
        return following

    def _write(self, status: ScheduleStatus) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_private(self._file, json.dumps(status.as_json()))
        except (OSError, ConfigurationError):
            # A full disk must not end the timer; it catches up after a restart at worst.
            _LOGGER.warning("%s cannot be written", self._file.name)

    def _read(self) -> ScheduleStatus | None:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            return ScheduleStatus(
                last=datetime.fromisoformat(kept["Last"]),
                next=datetime.fromisoformat(kept["Next"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            _LOGGER.warning("%s is not readable; the last run is unknown", self._file.name)
            return None
