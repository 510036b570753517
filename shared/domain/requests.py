"""Validated requests: images, detection options, updates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from shared.domain.directory import DirectoryPerson
from shared.domain.face.attributes import Attribute
from shared.domain.limits import DEFAULT_FACE_ID_TIME_TO_LIVE
from shared.domain.models import DEFAULT_DETECTION_MODEL, DEFAULT_RECOGNITION_MODEL
from shared.domain.values import Collection, Person

_Named = TypeVar("_Named", Collection, Person, DirectoryPerson)


@dataclass(frozen=True, slots=True)
class ImageUrl:
    """An image to be downloaded from a URL."""

    url: str


ImageSource = bytes | ImageUrl
"""An image: its bytes, or the URL to download it from."""


@dataclass(frozen=True, slots=True)
class DetectionOptions:
    """Options of a detection.

    Attributes:
        time_to_live: lifetime of the faceIds, in seconds.
        remember: whether to store the faces and return faceIds.
        landmarks: whether to return landmarks.
        attributes: the attributes to return.
    """

    recognition_model: str = DEFAULT_RECOGNITION_MODEL
    detection_model: str = DEFAULT_DETECTION_MODEL
    time_to_live: int = DEFAULT_FACE_ID_TIME_TO_LIVE
    remember: bool = True
    landmarks: bool = False
    attributes: frozenset[Attribute] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """The members that an update changes; None leaves a member unchanged."""

    name: str | None = None
    user_data: str | None = None

    def applied_to(self, named: _Named) -> _Named:
        """A collection or person with these changes."""
        return replace(
            named,
            name=named.name if self.name is None else self.name,
            user_data=named.user_data if self.user_data is None else self.user_data,
        )


class MatchMode(StrEnum):
    """Find Similar's mode: only faces of the same person, or the most similar faces."""

    PERSON = "matchPerson"
    FACE = "matchFace"


class UploadStatus(StrEnum):
    """The state of an upload; pending until its result is written."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
