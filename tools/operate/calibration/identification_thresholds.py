"""Thresholds of identification by size of the gallery, for FACE_MODEL_IDENTIFICATION."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from shared.settings.custom_model import HIGHEST_THRESHOLD
from tools.measure.accuracy.galleries import Faces, Gallery, draws

FEWEST_PEOPLE = 200
"""People that thresholds are read from at least: half are enrolled, half are strangers."""

_SIZES = (1, 20, 50, 100, 200, 400, 1_000, 2_000)
_BEYOND = (10_000, 1_000_000)
_FALSE_POSITIVES = 0.01
_FALSE_ACCEPTS = 5e-4
_USUAL = 0.2
"""About what a threshold is: the cosine of verify less that is subtracted at least."""

_TIMES = 20


def thresholds_of(faces: Faces, same: float) -> tuple[tuple[int, float], ...]:
    """(persons, score) pairs: the normalised score that one stranger in a hundred reaches.

    Beyond half of the people, the score rises like the maximum of normally distributed cosines.

    Args:
        same: the cosine that has confidence 0.5 in verify.
    """
    people = len(np.unique(faces.people))
    knots: list[tuple[int, float]] = []
    for size in (one for one in _SIZES if one <= people // 2):
        scores: list[float] = []
        for draw in draws(faces, size, times=_TIMES):
            scores += Gallery(faces, draw).best_scores(draw.strangers, same - _USUAL)
        score = float(np.quantile(scores, 1 - _FALSE_POSITIVES))
        knots.append((size, _bounded(score)))
    last, score = knots[-1]
    deviation = same / NormalDist().inv_cdf(1 - _FALSE_ACCEPTS)
    for size in _BEYOND:
        rise = _quantile(size) - _quantile(last)
        knots.append((size, _bounded(score + deviation * rise)))
    return tuple(knots)


def _quantile(size: int) -> float:
    return NormalDist().inv_cdf(1 - _FALSE_POSITIVES / size)


def _bounded(score: float) -> float:
    return min(HIGHEST_THRESHOLD, max(0.0, math.ceil(score * 1_000) / 1_000))
