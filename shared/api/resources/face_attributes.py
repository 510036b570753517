"""Validates returnFaceAttributes and returnLandmarks for a detection model.

https://learn.microsoft.com/rest/api/face/face-detection-operations/detect lists what each detection
model supports.
"""

from __future__ import annotations

from shared.domain.errors import BadArgument
from shared.domain.face.attributes import Attribute

SUPPORTED = {
    "detection_01": frozenset(Attribute) - {Attribute.MASK},
    "detection_02": frozenset[Attribute](),
    "detection_03": frozenset(Attribute) - {Attribute.ACCESSORIES, Attribute.NOISE},
}
"""The attributes that each detection model supports."""

WITHOUT_LANDMARKS = frozenset({"detection_02"})

_WITH_QUALITY = frozenset({"recognition_03", "recognition_04"})


def checked_attributes(
    wanted: frozenset[Attribute], detection_model: str, recognition_model: str
) -> frozenset[Attribute]:
    """Validate the requested attributes.

    Raises:
        BadArgument: the detection or recognition model does not support one.
    """
    supported = SUPPORTED[detection_model]
    if wanted and not supported:
        raise BadArgument(f"'returnFaceAttributes' is not supported by {detection_model}.")
    if not wanted <= supported:
        listed = ",".join(sorted(attribute.lower() for attribute in supported))
        raise BadArgument(f"Only face attributes '{listed}' are supported by {detection_model}.")
    if Attribute.QUALITY in wanted and recognition_model not in _WITH_QUALITY:
        raise BadArgument(
            "'qualityForRecognition' is supported by recognition_03 and recognition_04 only."
        )
    return wanted


def checked_landmarks(wanted: bool, detection_model: str) -> bool:
    """Validate returnLandmarks.

    Raises:
        BadArgument: landmarks are requested, and the detection model does not support them.
    """
    if wanted and detection_model in WITHOUT_LANDMARKS:
        raise BadArgument(f"'returnLandmarks' is not supported by {detection_model}.")
    return wanted
