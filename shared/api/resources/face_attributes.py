"""Validates returnFaceAttributes and returnLandmarks for a detection model.

https://learn.microsoft.com/rest/api/face/face-detection-operations/detect lists what each detection
model supports.
"""

from __future__ import annotations

from shared.domain.errors import BadArgument, UnsupportedFeature
from shared.domain.face.attributes import Attribute

RETIRED = frozenset({"age", "emotion", "facialhair", "gender", "hair", "makeup", "smile"})
"""What Azure answered once. This service does not guess it."""

SUPPORTED = {
    "detection_01": frozenset(Attribute) - {Attribute.MASK},
    "detection_02": frozenset[Attribute](),
    "detection_03": frozenset(Attribute) - {Attribute.ACCESSORIES, Attribute.NOISE},
}
"""The attributes of each detection model."""

WITHOUT_LANDMARKS = frozenset({"detection_02"})

_WITH_QUALITY = frozenset({"recognition_03", "recognition_04"})
_BY_NAME = {attribute.lower(): attribute for attribute in Attribute}


def checked_attributes(
    names: tuple[str, ...], detection_model: str, recognition_model: str
) -> frozenset[Attribute]:
    """The attributes that a request names, in any case.

    Raises:
        BadArgument: a name is none, or not for this detection or recognition model.
        UnsupportedFeature: age, gender, emotion or the like.
    """
    asked = [name.lower() for name in names]
    unknown = [name for name in asked if name not in _BY_NAME and name not in RETIRED]
    if unknown:
        raise BadArgument("Invalid argument returnFaceAttributes.")
    if not RETIRED.isdisjoint(asked):
        raise UnsupportedFeature(
            "Feature is not supported: age, emotion, facialHair, gender, hair, makeup and smile"
            " are never inferred. Leave them out of returnFaceAttributes."
        )
    wanted = frozenset(_BY_NAME[name] for name in asked)
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
    """Whether landmarks are wanted.

    Raises:
        BadArgument: they are, and the detection model has none.
    """
    if wanted and detection_model in WITHOUT_LANDMARKS:
        raise BadArgument(f"'returnLandmarks' is not supported by {detection_model}.")
    return wanted
