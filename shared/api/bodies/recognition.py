"""JSON bodies of verify, identify, find similar and group."""

from __future__ import annotations

import msgspec

from shared.api.bodies.members import (
    CollectionId,
    Confidence,
    FaceIdsToCompare,
    FaceIdsToGroup,
    FaceIdsToIdentify,
    IdentifyCandidates,
    Mode,
    PersonIdsOrAll,
    SimilarCandidates,
    Uuid,
)
from shared.api.bodies.wire import Wire
from shared.domain.values import SimilarFace


class VerifyBody(Wire, frozen=True):
    """Face and face, or face and person of a group."""

    face_id1: Uuid | None = msgspec.field(default=None, name="faceId1")
    face_id2: Uuid | None = msgspec.field(default=None, name="faceId2")
    face_id: Uuid | None = None
    person_group_id: CollectionId | None = None
    large_person_group_id: CollectionId | None = None
    person_id: Uuid | None = None


class IdentifyBody(Wire, frozen=True):
    """Whom to look for, and where."""

    face_ids: FaceIdsToIdentify
    person_group_id: CollectionId | None = None
    large_person_group_id: CollectionId | None = None
    dynamic_person_group_id: CollectionId | None = None
    person_ids: PersonIdsOrAll | None = None
    max_num_of_candidates_returned: IdentifyCandidates | None = None
    confidence_threshold: Confidence | None = None


class FindSimilarBody(Wire, frozen=True):
    """Which face to compare with which."""

    face_id: Uuid
    face_ids: FaceIdsToCompare | None = None
    face_list_id: CollectionId | None = None
    large_face_list_id: CollectionId | None = None
    max_num_of_candidates_returned: SimilarCandidates | None = None
    mode: Mode | None = None


class GroupBody(Wire, frozen=True):
    """Which faces to part into groups."""

    face_ids: FaceIdsToGroup


class VerifyAnswer(Wire, frozen=True, omit_defaults=False):
    """Whether two faces are one person."""

    is_identical: bool
    confidence: Confidence


class CandidateAnswer(Wire, frozen=True, omit_defaults=False):
    """A person that a face may be."""

    person_id: Uuid
    confidence: Confidence


class IdentifyAnswer(Wire, frozen=True, omit_defaults=False):
    """The candidates for one face; perhaps none."""

    face_id: Uuid
    candidates: list[CandidateAnswer]


class SimilarFaceAnswer(Wire, frozen=True, kw_only=True):
    """A face like the one asked about: a detected one, or one of a list."""

    face_id: Uuid | None = None
    persisted_face_id: Uuid | None = None
    confidence: Confidence

    @classmethod
    def of(cls, face: SimilarFace) -> SimilarFaceAnswer:
        """The wire form of a similar face."""
        if face.persisted:
            return cls(persisted_face_id=face.face_id, confidence=face.confidence)
        return cls(face_id=face.face_id, confidence=face.confidence)


class GroupAnswer(Wire, frozen=True, omit_defaults=False):
    """Faces by likeness; those of the messy group are like no other."""

    groups: list[list[Uuid]]
    messy_group: list[Uuid]
