"""Error rates of verification, and the threshold for a wished false-accept rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.vision.confidence import ConfidenceCurve
from tools.operate.calibration.labelled_images import Cosines

_FEWEST_FALSE = 10
"""False accepts that a rate is read from at least; fewer give an interval that says nothing."""

_FEWEST_SAME = 100
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Rates:
    """What a threshold does.

    Attributes:
        false_accepts, misses: how many pairs of two persons, and of one, are misclassified.
        others, sames: how many pairs there are of each.
    """

    cosine: float
    false_accepts: int
    others: int
    misses: int
    sames: int


def rates_at(cosines: Cosines, threshold: float) -> Rates:
    """The errors at a threshold on the cosine."""
    others, sames = len(cosines.other), len(cosines.same)
    accepted = others - int(np.searchsorted(cosines.other, np.float32(threshold), side="left"))
    missed = int(np.searchsorted(cosines.same, np.float32(threshold), side="left"))
    return Rates(threshold, accepted, others, missed, sames)


def threshold_for(cosines: Cosines, rate: float) -> float:
    """The least cosine, rounded up, that at most that share of pairs of two persons reach."""
    allowed = int(rate * len(cosines.other))
    edge = float(cosines.other[len(cosines.other) - allowed - 1])
    return float(np.ceil(np.nextafter(edge, 2.0) * 10**_DIGITS) / 10**_DIGITS)


def warnings_of(cosines: Cosines, rate: float) -> list[str]:
    """What the images are too few to say."""
    found = []
    if rate * len(cosines.other) < _FEWEST_FALSE:
        needed = round(_FEWEST_FALSE / rate)
        found.append(
            f"A rate of {rate:g} needs {needed:,} pairs of two persons or more; there are"
            f" {len(cosines.other):,}. The threshold may be far off."
        )
    if len(cosines.same) < _FEWEST_SAME:
        found.append(
            f"Misses need {_FEWEST_SAME} pairs of one person or more; there are"
            f" {len(cosines.same):,}."
        )
    return found


def knots_for(cosines: Cosines, rate: float) -> tuple[tuple[float, float], ...]:
    """A curve for FACE_MODEL_CONFIDENCE: 0.5 at the rate, 0.9 at the median of one person.

    0.3, 0.6 and 0.7 stand for twenty times the rate, a fifth and a fiftieth of it, as far as the
    pairs are enough for that.
    """
    wanted = [(0.3, 20 * rate), (0.5, rate), (0.6, rate / 5), (0.7, rate / 50)]
    knots = [
        (threshold_for(cosines, share), confidence)
        for confidence, share in wanted
        if share < 1 and (confidence <= 0.5 or share * len(cosines.other) >= _FEWEST_FALSE)
    ]
    knots.append((round(float(np.median(cosines.same)), _DIGITS), 0.9))
    rising: list[tuple[float, float]] = []
    for cosine, confidence in knots:
        if not rising or cosine > rising[-1][0]:
            rising.append((cosine, confidence))
    return tuple(rising)


def curve_through(knots: tuple[tuple[float, float], ...]) -> ConfidenceCurve:
    """The whole curve through inner knots."""
    return ConfidenceCurve([(-1.0, 0.0), *knots, (1.0, 1.0)])


def roc(cosines: Cosines, points: int = 400) -> NDArray[np.float64]:
    """(false-accept rate, share of one person accepted) at thresholds from high to low."""
    thresholds = np.linspace(1.0, -0.2, points)
    accepted = 1 - np.searchsorted(cosines.other, thresholds) / max(1, len(cosines.other))
    right = 1 - np.searchsorted(cosines.same, thresholds) / max(1, len(cosines.same))
    return np.column_stack([accepted, right])
