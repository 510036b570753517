"""A pytest plugin that writes the duration of each test, in seconds, to ``durations.json``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

_seconds: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] += report.duration  # type: ignore[assignment] # seconds, not a count


def pytest_sessionfinish() -> None:
    Path("durations.json").write_text(json.dumps(_seconds))
