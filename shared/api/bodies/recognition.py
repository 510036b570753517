"""JSON bodies of verify, identify, find similar and group."""

from __future__ import annotations

import msgspec

from shared.api.bodies.wire import Wire


class VerifyBody(Wire, frozen=True):
    """Face and face, or face and person of a group."""

    face_id1: str | None = msgspec.field(default=None, name="faceId1")
    face_id2: str | None = msgspec.field(default=None, name="faceId2")
    face_id: str | None = None
    person_group_id: str | None = None
    large_person_group_id: str | None = None
    person_id: str | None = None


class IdentifyBody(Wire, frozen=True):
    """Whom to look for, and where."""

    face_ids: list[str]
    person_group_id: str | None = None
    large_person_group_id: str | None = None
    dynamic_person_group_id: str | None = None
    person_ids: list[str] | None = None
    max_num_of_candidates_returned: int | None = None
    confidence_threshold: float | None = None


class FindSimilarBody(Wire, frozen=True):
    """Which face to compare with which."""

    face_id: str
    face_ids: list[str] | None = None
    face_list_id: str | None = None
    large_face_list_id: str | None = None
    max_num_of_candidates_returned: int | None = None
    mode: str | None = None


class GroupBody(Wire, frozen=True):
    """Which faces to part into groups."""

    face_ids: list[str]


class VerifyAnswer(Wire, frozen=True, omit_defaults=False):
    """Whether two faces are one person."""

    is_identical: bool
    confidence: float


class CandidateAnswer(Wire, frozen=True, omit_defaults=False):
    """A person that a face may be."""

    person_id: str
    confidence: float


class IdentifyAnswer(Wire, frozen=True, omit_defaults=False):
    """The candidates for one face; perhaps none."""

    face_id: str
    candidates: list[CandidateAnswer]


class SimilarFaceAnswer(Wire, frozen=True, kw_only=True):
    """A face like the one asked about: a detected one, or one of a list."""

    face_id: str | None = None
    persisted_face_id: str | None = None
    confidence: float


class GroupAnswer(Wire, frozen=True, omit_defaults=False):
    """Faces by likeness; those of the messy group are like no other."""

    groups: list[list[str]]
    messy_group: list[str]
