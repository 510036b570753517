"""JSON bodies of recognise."""

from __future__ import annotations

from shared.api.bodies.face_attributes import FaceAttributesAnswer, LandmarksAnswer
from shared.api.bodies.members import Confidence, Uuid
from shared.api.bodies.wire import RectangleAnswer, Wire
from shared.domain.face.attributes import Level


class NamedCandidateAnswer(Wire, frozen=True, kw_only=True):
    """A person, or a face of a list, proposed for a face."""

    collection: str
    person_id: Uuid | None = None
    persisted_face_id: Uuid | None = None
    name: str | None = None
    user_data: str | None = None
    confidence: Confidence


class RecognizedFaceAnswer(Wire, frozen=True, kw_only=True):
    """A face with its candidates, best first, and with what else was requested."""

    face_id: Uuid | None = None
    face_rectangle: RectangleAnswer
    quality_for_recognition: Level
    face_landmarks: LandmarksAnswer | None = None
    face_attributes: FaceAttributesAnswer | None = None
    candidates: list[NamedCandidateAnswer]


class RecognizeAnswer(Wire, frozen=True):
    """The faces of an image, largest first, and what was searched."""

    collections: list[str]
    faces: list[RecognizedFaceAnswer]
