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
    """What is subtracted from a score for the length of an embedding before it was normalised.

    Attributes:
        weight: of each unit of length above ``typical``; below it as much is added.
        typical: the length for which nothing is subtracted.
    """

    weight: float
    typical: float


@dataclass(frozen=True, slots=True)
class IdentificationFit:
    """What identification was fitted to: thresholds and confidences of normalised scores.

    Attributes:
        thresholds: (persons, score) pairs, rising in persons: the score of a gallery of so many
            persons that stands for confidence 0.5.
        index_thresholds: likewise where the probe's cohort mean is not known; empty: somewhat
            above ``thresholds``.
        confidences: (score less that threshold, confidence) pairs, rising, (0, 0.5) among them.
        probe_length: for the searched face; None: its length does not count.
    """

    thresholds: Knots
    confidences: Knots
    index_thresholds: Knots = ()
    probe_length: LengthRule | None = None
