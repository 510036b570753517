"""Names of the recognition and detection models in requests, and the precision of inference."""

from __future__ import annotations

from enum import StrEnum

RECOGNITION_MODELS = ("recognition_01", "recognition_02", "recognition_03", "recognition_04")
DEFAULT_RECOGNITION_MODEL = "recognition_01"

DETECTION_MODELS = ("detection_01", "detection_02", "detection_03")
DEFAULT_DETECTION_MODEL = "detection_01"
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
