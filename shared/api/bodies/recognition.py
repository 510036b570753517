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
    IdentifyThreshold,
    Mode,
    PersonIdsOrAll,
    SimilarCandidates,
    Uuid,
)
from shared.api.bodies.wire import Wire
from shared.domain.values import IdentifiedFace, SimilarFace


class VerifyBody(Wire, frozen=True):
    """Two faces, or a face and a person."""

    face_id1: Uuid | None = msgspec.field(default=None, name="faceId1")
    face_id2: Uuid | None = msgspec.field(default=None, name="faceId2")
    face_id: Uuid | None = None
    person_group_id: CollectionId | None = None
    large_person_group_id: CollectionId | None = None
    person_id: Uuid | None = None


class IdentifyBody(Wire, frozen=True):
    """Faces to identify, and the scope to search."""

    face_ids: FaceIdsToIdentify
    person_group_id: CollectionId | None = None
    large_person_group_id: CollectionId | None = None
    dynamic_person_group_id: CollectionId | None = None
    person_ids: PersonIdsOrAll | None = None
    max_num_of_candidates_returned: IdentifyCandidates | None = None
    confidence_threshold: IdentifyThreshold | None = None


class FindSimilarBody(Wire, frozen=True):
    """The query face, and the faces to compare it with."""

    face_id: Uuid
    face_ids: FaceIdsToCompare | None = None
    face_list_id: CollectionId | None = None
    large_face_list_id: CollectionId | None = None
    max_num_of_candidates_returned: SimilarCandidates | None = None
    mode: Mode | None = None


class GroupBody(Wire, frozen=True):
    """The faces to group."""

    face_ids: FaceIdsToGroup


class VerifyAnswer(Wire, frozen=True, omit_defaults=False):
    """Whether two faces belong to one person."""

    is_identical: bool
    confidence: Confidence


class CandidateAnswer(Wire, frozen=True, omit_defaults=False):
    """A person proposed for a face."""

    person_id: Uuid
    confidence: Confidence


class IdentifyAnswer(Wire, frozen=True, omit_defaults=False):
    """The candidates of one face; may be empty."""

    face_id: Uuid
    candidates: list[CandidateAnswer]

    @classmethod
    def of(cls, face: IdentifiedFace) -> IdentifyAnswer:
        """The wire form of an identified face."""
        candidates = [CandidateAnswer(one.person_id, one.confidence) for one in face.candidates]
        return cls(face.face_id, candidates)


class SimilarFaceAnswer(Wire, frozen=True, kw_only=True):
    """A face similar to the query: a detected face, or one of a list."""

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
    """Groups of similar faces; ``messyGroup`` has the faces that are similar to no other."""

    groups: list[list[Uuid]]
    messy_group: list[Uuid]
