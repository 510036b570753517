"""Thousands of images that are dropped at once below `enroll/`, enrolled while callers are served.

SOAK_UPLOADS sets their number (default 10,000).
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.end_to_end.service import RunningService, eventually
from tests.soak._enrolling import Drop, measured, people_of, wait_until_enrolled

_NUMBER = int(os.environ.get("SOAK_UPLOADS", "10000"))
_MOST_SLOWER = 3.0
"""The 95th percentile of a cheap request during the work, compared with the idle one's."""
_REQUESTS = 400
_TRAINED_WITHIN = 120.0


def run() -> Mapping[str, object]:
    """Drop the images, measure requests until all are enrolled, and compare with the ledger."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningService(Path(folder), {"FACE_TRAIN_WHEN_QUIET": "5"}) as service,
    ):
        drop = Drop(_NUMBER)
        service.ok("PUT", drop.group, {"name": "soak", "recognitionModel": "recognition_04"})
        before = _idle(service, drop)
        started = time.monotonic()
        drop.write(service)
        dropped = time.monotonic() - started
        busy = wait_until_enrolled(service, drop)
        took = time.monotonic() - started
        found = people_of(service, drop.group)
        assert found == drop.expected, "the persons and faces are not those that were uploaded"
        eventually(lambda: True if _is_trained(service, drop) else None, seconds=_TRAINED_WITHIN)
        idle = [*before, *_idle(service, drop)]
        figures = {
            "uploads": _NUMBER,
            "persons": len(found),
            "dropped in, s": round(dropped),
            "enrolled in, s": round(took),
            "uploads a second": round(_NUMBER / took, 1),
            "requests measured during the work": len(busy),
            "median of GET idle and during the work, ms": _both(statistics.median, idle, busy),
            "95th percentile of GET idle and during the work, ms": _both(_percentile, idle, busy),
        }
        assert _percentile(busy) <= _MOST_SLOWER * _percentile(idle), figures
        return figures


def _idle(service: RunningService, drop: Drop) -> list[float]:
    """The times of cheap requests while nothing else is done: measured before and after."""
    return measured(service, drop.group, lambda times: len(times) >= _REQUESTS)


def _is_trained(service: RunningService, drop: Drop) -> bool:
    answer = service.call("GET", f"{drop.group}/training")
    return answer.status_code == 200 and answer.json()["status"] == "succeeded"


def _both(
    figure: Callable[[list[float]], float], idle: list[float], busy: list[float]
) -> tuple[float, float]:
    """A figure of both, in ms."""
    return round(figure(idle) * 1000, 1), round(figure(busy) * 1000, 1)


def _percentile(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
