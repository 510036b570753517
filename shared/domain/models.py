"""Names of recognition and detection models, as clients send them (SPEC §3.5 and §3.6)."""

from __future__ import annotations

RECOGNITION_MODELS = ("recognition_01", "recognition_02", "recognition_03", "recognition_04")
DEFAULT_RECOGNITION_MODEL = "recognition_01"

DETECTION_MODELS = ("detection_01", "detection_02", "detection_03")
DEFAULT_DETECTION_MODEL = "detection_01"
SQUARE_DETECTION_MODEL = "detection_01"
"""Tells square rectangles; the others tell them as high as faces are."""
