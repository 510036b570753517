"""What callers ask for, checked and in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.face.attributes import Attribute
from shared.domain.limits import DEFAULT_FACE_ID_TIME_TO_LIVE
from shared.domain.models import DEFAULT_DETECTION_MODEL, DEFAULT_RECOGNITION_MODEL


@dataclass(frozen=True, slots=True)
class ImageUrl:
    """A photograph that lies elsewhere."""

    url: str


Photograph = bytes | ImageUrl
"""A photograph: its bytes, or where they are."""


@dataclass(frozen=True, slots=True)
class DetectionOptions:
    """How to detect.

    Attributes:
        time_to_live: of the faceIds, in seconds.
        remember: whether faces get faceIds at all.
        landmarks: whether landmarks are wanted.
        attributes: which attributes are wanted.
    """

    recognition_model: str = DEFAULT_RECOGNITION_MODEL
    detection_model: str = DEFAULT_DETECTION_MODEL
    time_to_live: int = DEFAULT_FACE_ID_TIME_TO_LIVE
    remember: bool = True
    landmarks: bool = False
    attributes: frozenset[Attribute] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """What an update changes; None leaves a member as it is."""

    name: str | None = None
    user_data: str | None = None


class MatchMode(StrEnum):
    """Whether only faces of the same person count, or the most similar ones whoever they are."""

    PERSON = "matchPerson"
    FACE = "matchFace"
