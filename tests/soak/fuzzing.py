"""Every fuzzer for ten minutes, or SOAK_SECONDS."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from tests.fuzzing.entries import ENTRIES

_SECONDS = 600.0
_ROUNDS = 200


def run() -> Mapping[str, object]:
    """Fuzz each entry in turn."""
    seconds = float(os.environ.get("SOAK_SECONDS") or _SECONDS)
    figures: dict[str, object] = {}
    for name, make in ENTRIES.items():
        fuzzer, rounds, end = make(), 0, time.monotonic() + seconds
        while time.monotonic() < end:
            fuzzer.run(_ROUNDS)
            rounds += _ROUNDS
        figures[name] = f"{rounds} inputs, {len(fuzzer.corpus)} kept"
    return figures
