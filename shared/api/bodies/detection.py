"""JSON bodies of detect and of every operation that takes an image."""

from __future__ import annotations

from shared.api.bodies.face_attributes import FaceAttributesAnswer, LandmarksAnswer
from shared.api.bodies.members import RecognitionModel, Url, Uuid
from shared.api.bodies.wire import RectangleAnswer, Wire


class ImageUrlBody(Wire, frozen=True):
    """An image by URL."""

    url: Url


class DetectedFaceAnswer(Wire, frozen=True, kw_only=True):
    """A detected face."""

    face_id: Uuid | None = None
    face_rectangle: RectangleAnswer
    face_landmarks: LandmarksAnswer | None = None
    face_attributes: FaceAttributesAnswer | None = None
    recognition_model: RecognitionModel | None = None
