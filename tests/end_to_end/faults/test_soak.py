"""The short form of `make soak`."""

from __future__ import annotations

from pathlib import Path

from tests.soak import kills
from tests.soak._killing.report import SoakOptions


def test_nothing_acknowledged_is_lost_doubled_or_back_when_processes_are_killed(
    tmp_path: Path,
) -> None:
    report = kills.soak(SoakOptions(tmp_path, seconds=30.0, seed=31))
    assert report.faults == []
    assert report.counts["kills of the host"] > 0
    assert report.counts["kills of the emulator"] > 0
