"""Peak memory and CPU time of every image at the bounds."""

from __future__ import annotations

from collections.abc import Mapping

from tools.measure.images.__main__ import measured
from tools.measure.images.cases import CASES

MOST_MEGABYTES = 400
MOST_SECONDS = 3.0


def run() -> Mapping[str, object]:
    """Measure each in a process of its own."""
    figures: dict[str, object] = {}
    for name, make in CASES.items():
        cost = measured(make())
        assert cost.peak_mb <= min(MOST_MEGABYTES, cost.estimate_mb), (name, cost)
        assert cost.cpu_s <= MOST_SECONDS, (name, cost)
        figures[name] = cost
    return figures
