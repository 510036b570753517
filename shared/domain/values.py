"""The service's values. All are frozen; times are timezone-aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.domain.collections import CollectionKey, CollectionKind
from shared.domain.face.attributes import FaceAttributes, Landmarks
from shared.domain.face.enrolment import NO_RULES, EnrolmentRules
from shared.domain.face.geometry import Point, Rectangle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """The embedding of a face.

    Attributes:
        vector: float32, (dimension,), unit length; comparable only with vectors of the same model.
        model: name of the embedding model in the model manifest.
        length: length of the vector before it was normalised, above 0; None if it is not known, as
            for faces stored by older versions.
    """

    vector: NDArray[np.float32]
    model: str
    length: float | None = None


@dataclass(frozen=True, slots=True)
class FivePoints:
    """Eyes, nose tip and mouth corners; left and right as seen in the image."""

    eye_left: Point
    eye_right: Point
    nose_tip: Point
    mouth_left: Point
    mouth_right: Point


@dataclass(frozen=True, slots=True)
class Detection:
    """A face found in an image.

    Attributes:
        rectangle: its bounding box, inside the image.
        points: the five points that alignment needs.
        score: the detector's score, 0 to 1.
    """

    rectangle: Rectangle
    points: FivePoints
    score: float


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A detection with its embedding, landmarks and attributes, where requested."""

    detection: Detection
    embedding: Embedding | None
    landmarks: Landmarks | None = None
    attributes: FaceAttributes | None = None


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A detected face, stored under a faceId until it expires."""

    face_id: str
    rectangle: Rectangle
    embedding: Embedding
    recognition_model: str
    detection_model: str
    expires: datetime


class NameIndex(StrEnum):
    """Whether the names of a group's persons are indexed, for uploads that name persons.

    Attributes:
        OFF: names are not indexed.
        BUILDING: names of new persons are indexed; existing ones are being added.
        READY: all names are indexed.
    """

    OFF = "off"
    BUILDING = "building"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of any kind.

    Attributes:
        incarnation: a new UUID for each creation, so that a collection created again under a
            deleted one's id can be told from it.
        names: for a group, whether its persons can be found by name.
        gate: the quality required of an image if the request that adds its face sets none.
    """

    kind: CollectionKind
    collection_id: str
    name: str
    recognition_model: str
    incarnation: str
    user_data: str | None = None
    names: NameIndex = NameIndex.OFF
    gate: EnrolmentRules = NO_RULES

    @property
    def key(self) -> CollectionKey:
        """Its kind and id."""
        return CollectionKey(self.kind, self.collection_id)


class TrainingStatus(StrEnum):
    """The status of a training run, as Azure spells it."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """The state of a collection's training, and the snapshot that identification reads.

    Attributes:
        incarnation: the incarnation of the trained collection.
        run: id of the latest run; messages for other runs are void.
        created: when the latest run was requested.
        last_action: when the record was last written.
        last_success: when the snapshot was put into use; None before the first success.
        snapshot: version of the snapshot in use; None before the first success.
        owner: the worker that holds the lease.
        lease_expires: when the lease ends unless it is renewed.
        percent: progress of the latest run, 0 to 100.
        attempts: number of times that the latest run was started.
        whole: whether the next snapshot must contain all faces rather than be a delta.
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
    attempts: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class PersistedFace:
    """A face that was added to a person or a list and stays until it is deleted."""

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
    """A person proposed by identification; confidence is 0 to 1."""

    person_id: str
    confidence: float


@dataclass(frozen=True, slots=True)
class IdentifiedFace:
    """The candidates for one query face, best first."""

    face_id: str
    candidates: tuple[Candidate, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class SimilarFace:
    """A face similar to the query; confidence is 0 to 1.

    Attributes:
        persisted: whether the id is a persistedFaceId of a list rather than a faceId.
    """

    face_id: str
    confidence: float
    persisted: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether two faces belong to one person; confidence is 0 to 1."""

    is_identical: bool
    confidence: float


class DeletionStatus(StrEnum):
    """The status of a deletion.

    Attributes:
        EXISTING: the item is not deleted.
        ERASING: no response includes the item any more, but some of its data remains to be erased.
        GONE: nothing of the item is stored, or it never existed.
    """

    EXISTING = "existing"
    ERASING = "erasing"
    GONE = "gone"


class OwedKind(StrEnum):
    """What remains to be erased.

    Attributes:
        DOCUMENTS: documents, their bytes in the database's files, or the deletion mark.
        SNAPSHOT: embeddings in the snapshot in use, or in the vector index.
        RESULTS: results of uploads that may name the person or face.
        VERIFICATION: the second purge of a collection, of documents written during the first.
    """

    DOCUMENTS = "documents"
    SNAPSHOT = "snapshot"
    RESULTS = "results"
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class Owed:
    """One remaining step of a deletion.

    Attributes:
        until: the latest time of its completion if nothing fails; None: it is overdue, or waits
            for the end of a training or a repair.
    """

    what: OwedKind
    until: datetime | None


@dataclass(frozen=True, slots=True)
class DeletionReport:
    """The status of a deletion and its remaining steps."""

    status: DeletionStatus
    owed: tuple[Owed, ...] = ()
