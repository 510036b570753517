"""Thousands of images that are dropped at once below `enroll/`, enrolled while callers are served.

SOAK_UPLOADS sets their number (default 10,000).
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.end_to_end.service import RunningService
from tests.soak._enrolling import Drop, measured, people_of, wait_until_enrolled

_NUMBER = int(os.environ.get("SOAK_UPLOADS", "10000"))
_MOST_SLOWER = 3.0
"""The 95th percentile of a cheap request during the work, compared with the idle one's."""
_REQUESTS = 400


def run() -> Mapping[str, object]:
    """Drop the images, measure requests until all are enrolled, and compare with the ledger."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningService(Path(folder), {"FACE_TRAIN_WHEN_QUIET": "5"}) as service,
    ):
        drop = Drop(_NUMBER)
        service.ok("PUT", drop.group, {"name": "soak", "recognitionModel": "recognition_04"})
        idle = measured(service, drop.group, lambda done: len(done) >= _REQUESTS)
        started = time.monotonic()
        drop.write(service)
        dropped = time.monotonic() - started
        busy = wait_until_enrolled(service, drop)
        took = time.monotonic() - started
        found = people_of(service, drop.group)
        assert found == drop.expected, "the persons and faces are not those that were uploaded"
        figures = {name: _percentile(times) for name, times in (("idle", idle), ("busy", busy))}
        assert figures["busy"] <= _MOST_SLOWER * figures["idle"], figures
        return {
            "uploads": _NUMBER,
            "persons": len(found),
            "dropped in, s": round(dropped),
            "enrolled in, s": round(took),
            "uploads a second": round(_NUMBER / took, 1),
            "requests measured during the work": len(busy),
            "95th percentile of GET idle, ms": round(figures["idle"] * 1000, 1),
            "95th percentile of GET during the work, ms": round(figures["busy"] * 1000, 1),
        }


def _percentile(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
