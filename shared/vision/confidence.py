"""Maps cosine similarity to confidence."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class ConfidenceCurve:
    """A strictly increasing, piecewise-linear map from cosine (-1…1) to confidence (0…1).

    It preserves the order of candidates and has an inverse: a threshold on the confidence is a
    threshold on the cosine.

    Args:
        knots: (cosine, confidence) pairs in ascending order, from (-1, 0) to (1, 1).

    Raises:
        ValueError: the knots do not run from (-1, 0) to (1, 1), or do not increase strictly.
    """

    def __init__(self, knots: Sequence[tuple[float, float]]) -> None:
        points = [(float(cosine), float(confidence)) for cosine, confidence in knots]
        if len(points) < 2 or points[0] != (-1.0, 0.0) or points[-1] != (1.0, 1.0):
            raise ValueError("A confidence curve runs from (-1, 0) to (1, 1).")
        if not all(math.isfinite(number) for point in points for number in point):
            raise ValueError("A confidence curve's knots are finite numbers.")
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            if not (x0 < x1 and y0 < y1):
                raise ValueError("A confidence curve rises strictly in both cosine and confidence.")
        self.knots = tuple(points)
        self._cosines = np.array([cosine for cosine, _ in points], np.float64)
        self._confidences = np.array([confidence for _, confidence in points], np.float64)

    def confidence(self, cosine: float) -> float:
        """The confidence, 0 to 1, of one cosine; values beyond ±1 are clipped."""
        return float(np.interp(cosine, self._cosines, self._confidences))

    def confidences(
        self, cosines: NDArray[np.float32] | NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The confidence of each cosine, in an array of the same shape."""
        mapped: NDArray[np.float64] = np.interp(cosines, self._cosines, self._confidences)
        return mapped

    def cosine(self, confidence: float) -> float:
        """The cosine of a confidence, 0 to 1; values beyond are clipped."""
        return float(np.interp(confidence, self._confidences, self._cosines))
