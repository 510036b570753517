"""Options and reports of soaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SoakOptions:
    """How a soak runs.

    Attributes:
        folder: for the service's data; empty.
        seconds: how long faults are injected; the checks after that take up to two minutes.
        seed: of everything random.
    """

    folder: Path
    seconds: float
    seed: int


@dataclass(frozen=True, slots=True)
class SoakReport:
    """What a soak counted, and every broken promise in a sentence."""

    counts: Mapping[str, int]
    faults: Sequence[str]

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {name}" for name, number in self.counts.items())
        if not self.faults:
            return f"{counts}; no fault"
        return "\n  ".join([f"{counts}; {len(self.faults)} faults:", *self.faults])
