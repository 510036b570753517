"""Clocks whose time a test sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class ManualClock:
    """A clock that stands still until a test moves it."""

    time: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """The time as it was last set."""
        return self.time

    def advance(self, time: timedelta | float) -> None:
        """Move the clock, by seconds where a number is given; back, where it is negative."""
        self.time += time if isinstance(time, timedelta) else timedelta(seconds=time)


@dataclass
class ShiftedClock:
    """The system's time plus a shift; for tests of servers that have the system's time."""

    shift: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """The system's time plus the shift."""
        return datetime.now(UTC) + self.shift


@dataclass
class TickingClock:
    """A clock that goes on by a second whenever it is read, and never back."""

    time: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """A later time than ever before."""
        self.time += timedelta(seconds=1)
        return self.time
