"""Names of the models in requests, the precision of inference, the fit of identification."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RECOGNITION_MODELS = ("recognition_01", "recognition_02", "recognition_03", "recognition_04")
DEFAULT_RECOGNITION_MODEL = "recognition_01"
LATEST_RECOGNITION_MODEL = RECOGNITION_MODELS[-1]
"""The default of this service's own operations, and of collections that uploads create."""
NO_RECOGNITION_MODEL = ""
"""For a dynamic person group, which has no model: searches use the model of the probe."""

DETECTION_MODELS = ("detection_01", "detection_02", "detection_03")
DEFAULT_DETECTION_MODEL = "detection_01"
LATEST_DETECTION_MODEL = DETECTION_MODELS[-1]
"""The model of this service's own operations that have no ``detectionModel`` parameter."""
SQUARE_DETECTION_MODEL = "detection_01"
"""Reports square rectangles; the other models report those of the detector."""


class Precision(StrEnum):
    """The precision setting.

    Attributes:
        AUTO: eight bits where the processor has instructions for them, otherwise float32.
        FLOAT32: always float32.
        INT8: always eight bits.
    """

    AUTO = "auto"
    FLOAT32 = "float32"
    INT8 = "int8"


Knots = tuple[tuple[float, float], ...]
"""Points of a piecewise linear curve, rising in the first number."""


@dataclass(frozen=True, slots=True)
class LengthRule:
    """The effect of an embedding's length, before it was normalised, on scores of identification.

    Attributes:
        weight: subtracted from the scores of a face for each unit of length above ``typical``,
            added for each unit below.
        typical: the length that has no effect.
    """

    weight: float = 0.0
    typical: float = 0.0

    def handicap(self, length: float | None) -> float:
        """What is subtracted from the scores of a face of this length; 0 if it is not known."""
        return 0.0 if length is None else self.weight * (length - self.typical)


UNCOUNTED = LengthRule()
"""Lengths have no effect."""


@dataclass(frozen=True, slots=True)
class IdentificationFit:
    """Fitted constants of identification: thresholds and confidences of normalised scores.

    Attributes:
        thresholds: (persons, score) pairs, rising in persons: the score that has confidence 0.5 in
            a gallery of that number of persons.
        index_thresholds: likewise where the probe's cohort mean is not known; empty: a constant
            is added to ``thresholds``.
        confidences: (score minus threshold, confidence) pairs, rising, including (0, 0.5).
        length: applied to the probe and to the enrolled face, each with its own length.
    """

    thresholds: Knots
    confidences: Knots
    index_thresholds: Knots = ()
    length: LengthRule = UNCOUNTED
