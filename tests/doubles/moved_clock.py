"""A clock that tests move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class MovedClock:
    """Tells the time that it was given."""

    time: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """The time as it was last set."""
        return self.time

    def pass_by(self, seconds: float) -> None:
        """Move the clock; back, where seconds are negative."""
        self.time += timedelta(seconds=seconds)
