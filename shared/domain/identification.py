"""What identification was fitted to, for one embedding model."""

from __future__ import annotations

from dataclasses import dataclass

Knots = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class IdentificationFit:
    """Thresholds and confidences of normalised scores.

    Attributes:
        thresholds: (persons, score) pairs, rising in persons: the score of a gallery of so many
            persons that stands for confidence 0.5.
        confidences: (score less that threshold, confidence) pairs, rising, (0, 0.5) among them.
    """

    thresholds: Knots
    confidences: Knots
