"""The values that the service passes around. All are frozen; times are aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.domain.collections import CollectionKind
from shared.domain.face.attributes import FaceAttributes, Landmarks
from shared.domain.face.geometry import Point, Rectangle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A face as numbers.

    Attributes:
        vector: float32, one dimension, unit length; never compared with another model's.
        model: the embedding model that made it, as named in the model manifest.
    """

    vector: NDArray[np.float32]
    model: str


@dataclass(frozen=True, slots=True)
class FivePoints:
    """Eyes, nose tip and mouth corners; left and right are the picture's."""

    eye_left: Point
    eye_right: Point
    nose_tip: Point
    mouth_left: Point
    mouth_right: Point


@dataclass(frozen=True, slots=True)
class Detection:
    """A face found in a picture.

    Attributes:
        rectangle: where it is, inside the picture.
        points: the five points that alignment needs.
        score: how sure the detector is, 0 to 1.
    """

    rectangle: Rectangle
    points: FivePoints
    score: float


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A detection together with what else was asked for."""

    detection: Detection
    embedding: Embedding | None
    landmarks: Landmarks | None = None
    attributes: FaceAttributes | None = None


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A face that lives for a while under an anonymous id."""

    face_id: str
    rectangle: Rectangle
    embedding: Embedding
    recognition_model: str
    detection_model: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Collection:
    """A person group or large person group.

    Attributes:
        incarnation: a UUID of this life of the id; made again after a deletion, it is another.
        deletions: grows with every deletion inside the collection, so that searchers notice.
    """

    kind: CollectionKind
    collection_id: str
    name: str
    recognition_model: str
    incarnation: str
    user_data: str | None = None
    deletions: int = 0


class TrainingStatus(StrEnum):
    """What became of a training run, as Azure spells it."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """The state of a collection's training, and which snapshot identification reads.

    Attributes:
        incarnation: of the collection that is trained.
        run: the id of the latest run; a message for another run is void.
        created: when the latest run was asked for.
        last_action: when the record was last written.
        last_success: when the snapshot was switched to; None before the first success.
        snapshot: version of the snapshot in use; None before the first success.
        owner: who works on the run, while its lease lasts.
        lease_expires: until when the owner may be presumed alive.
        percent: progress of the latest run, 0 to 100.
        erased: how many of the collection's deletions the snapshot has been cleared of at least.
    """

    incarnation: str
    run: str
    status: TrainingStatus
    created: datetime
    last_action: datetime
    last_success: datetime | None = None
    snapshot: str | None = None
    message: str | None = None
    owner: str | None = None
    lease_expires: datetime | None = None
    percent: int = 0
    erased: int = 0


@dataclass(frozen=True, slots=True)
class PersistedFace:
    """A face that was added to a person and stays until it is deleted."""

    persisted_face_id: str
    person_id: str
    embedding: Embedding
    user_data: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person of a group."""

    person_id: str
    name: str
    user_data: str | None = None
    persisted_face_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person that identification proposes; confidence is 0 to 1."""

    person_id: str
    confidence: float


@dataclass(frozen=True, slots=True)
class IdentifiedFace:
    """The candidates for one query face, best first."""

    face_id: str
    candidates: tuple[Candidate, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class SimilarFace:
    """A face like the query; confidence is 0 to 1.

    Attributes:
        persisted: whether the id is that of a list's face rather than of a detected one.
    """

    face_id: str
    confidence: float
    persisted: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether two faces are one person; confidence is 0 to 1."""

    is_identical: bool
    confidence: float
