"""Names of the models in requests, the precision of inference, the fit of identification."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RECOGNITION_MODELS = ("recognition_01", "recognition_02", "recognition_03", "recognition_04")
DEFAULT_RECOGNITION_MODEL = "recognition_01"
LATEST_RECOGNITION_MODEL = RECOGNITION_MODELS[-1]
"""The default of this service's own operations, and of collections that uploads make."""
NO_RECOGNITION_MODEL = ""
"""Of a dynamic person group, which has none of its own: the model of the searched face applies."""

DETECTION_MODELS = ("detection_01", "detection_02", "detection_03")
DEFAULT_DETECTION_MODEL = "detection_01"
LATEST_DETECTION_MODEL = DETECTION_MODELS[-1]
"""The model of this service's own operations that take none."""
SQUARE_DETECTION_MODEL = "detection_01"
"""Reports square rectangles; the other models report the detector's own."""


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
"""Points of a curve of straight lines, rising in the first number."""


@dataclass(frozen=True, slots=True)
class LengthRule:
    """What the length of an embedding before it was normalised counts in identification.

    Attributes:
        weight: what is subtracted from scores with a face for each unit above ``typical``, and
            added for each unit below.
        typical: the length that changes nothing.
    """

    weight: float = 0.0
    typical: float = 0.0

    def handicap(self, length: float | None) -> float:
        """What is subtracted from scores with a face of that length; 0 where it is not known."""
        return 0.0 if length is None else self.weight * (length - self.typical)


UNCOUNTED = LengthRule()
"""Lengths change nothing."""


@dataclass(frozen=True, slots=True)
class IdentificationFit:
    """What identification was fitted to: thresholds and confidences of normalised scores.

    Attributes:
        thresholds: (persons, score) pairs, rising in persons: the score of a gallery of so many
            persons that stands for confidence 0.5.
        index_thresholds: likewise where the probe's cohort mean is not known; empty: somewhat
            above ``thresholds``.
        confidences: (score less that threshold, confidence) pairs, rising, (0, 0.5) among them.
        length: for the searched face and for the enrolled one, each by its own length.
    """

    thresholds: Knots
    confidences: Knots
    index_thresholds: Knots = ()
    length: LengthRule = UNCOUNTED
