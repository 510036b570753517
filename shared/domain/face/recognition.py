"""Values of recognition with names: what is searched, and who was found."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.collections import CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.face.attributes import FaceAttributes, Landmarks
from shared.domain.face.geometry import Rectangle
from shared.domain.models import Knots
from shared.domain.requests import DetectionOptions

SearchScope = CollectionKey | DirectoryScope
"""A collection that can be searched, or a part of the person directory."""


@dataclass(frozen=True, slots=True)
class NamedCandidate:
    """A person, or a face of a list, proposed for a face.

    Attributes:
        scope: the searched collection.
        person_id: None for a face of a list.
        persisted_face_id: None for a person.
        name: of the person.
        user_data: of the person or of the list's face.
        confidence: 0 to 1; of a person on the scale of identify, of a list's face on that of find
            similar.
    """

    scope: SearchScope
    confidence: float
    person_id: str | None = None
    persisted_face_id: str | None = None
    name: str | None = None
    user_data: str | None = None


@dataclass(frozen=True, slots=True)
class RecognizedFace:
    """A face of an image with its candidates, best first; the id is None if it is not stored."""

    rectangle: Rectangle
    candidates: tuple[NamedCandidate, ...]
    face_id: str | None = None
    landmarks: Landmarks | None = None
    attributes: FaceAttributes | None = None


@dataclass(frozen=True, slots=True)
class RecognitionRequest:
    """What to recognise on an image.

    Attributes:
        scopes: what to search, at least one.
        detection: how faces are detected and whether they are stored; its recognition model is that
            of the directory's faces to search, a collection has its own.
        only_largest: whether the largest face alone is recognised.
        count: maximum number of candidates of a face, over all scopes.
        threshold: minimum confidence of a candidate, 0 to 1; None: the default of each scope.
    """

    scopes: tuple[SearchScope, ...]
    detection: DetectionOptions
    only_largest: bool = False
    count: int = 1
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class ConfidenceScale:
    """What confidences stand for.

    Attributes:
        threshold: the confidence that is needed where the caller names none, 0 to 1.
        normalised: whether scores are normalised, by the collection or the operator's cohort;
            otherwise they are cosines.
        curve: scores, rising, and their confidences.
        rates: confidences, rising, and the shares of other people that reach them, 0 to 1.
    """

    threshold: float
    normalised: bool
    curve: Knots
    rates: Knots
