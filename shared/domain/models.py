"""Recognition and detection models: their names, as clients send them, and their precision."""

from __future__ import annotations

from enum import StrEnum

RECOGNITION_MODELS = ("recognition_01", "recognition_02", "recognition_03", "recognition_04")
DEFAULT_RECOGNITION_MODEL = "recognition_01"

DETECTION_MODELS = ("detection_01", "detection_02", "detection_03")
DEFAULT_DETECTION_MODEL = "detection_01"
SQUARE_DETECTION_MODEL = "detection_01"
"""Tells square rectangles; the others tell them as high as faces are."""


class Precision(StrEnum):
    """What the operator wants.

    Attributes:
        AUTO: eight bits where the processor has instructions for them.
        FLOAT32: never.
        INT8: always.
    """

    AUTO = "auto"
    FLOAT32 = "float32"
    INT8 = "int8"
