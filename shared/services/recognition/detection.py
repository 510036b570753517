"""Detect: faces on a photograph, each under an anonymous id that lives for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.clock import Clock
from shared.domain.face.attributes import FaceAttributes, Landmarks
from shared.domain.face.geometry import Rectangle
from shared.domain.identifiers import IdFactory
from shared.domain.requests import DetectionOptions, ImageSource
from shared.domain.values import DetectedFace, SeenFace
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.storage.records.detected_faces import DetectedFaces


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face as detect answers it; without an id where it is not remembered."""

    rectangle: Rectangle
    face_id: str | None = None
    landmarks: Landmarks | None = None
    attributes: FaceAttributes | None = None


class FaceDetection:
    """Detects faces and remembers them."""

    def __init__(
        self,
        image_analysis: ImageAnalysis,
        detected_faces: DetectedFaces,
        new_id: IdFactory,
        clock: Clock,
    ) -> None:
        self._image_analysis = image_analysis
        self._detected_faces = detected_faces
        self._new_id = new_id
        self._clock = clock

    def detect(self, image: ImageSource, options: DetectionOptions) -> list[FoundFace]:
        """Find the faces on a photograph, largest first, and remember them if asked to.

        Raises:
            InvalidImageUrl, InvalidImageSize, InvalidImage: the photograph cannot be used.
            Busy: too many requests wait already.
        """
        seen = self._image_analysis.faces(
            image,
            embed=options.remember,
            landmarks=options.landmarks,
            attributes=options.attributes,
            recognition_model=options.recognition_model,
            detection_model=options.detection_model,
        )
        expires = self._clock.now() + timedelta(seconds=options.time_to_live)
        remembered = [self._detected(face, options, expires) for face in seen]
        self._detected_faces.add([face for face in remembered if face is not None])
        return [
            FoundFace(
                face.detection.rectangle,
                None if detected is None else detected.face_id,
                face.landmarks,
                face.attributes,
            )
            for face, detected in zip(seen, remembered, strict=True)
        ]

    def _detected(
        self, face: SeenFace, options: DetectionOptions, expires: datetime
    ) -> DetectedFace | None:
        """A face under a new id; None where it has no embedding to remember."""
        if face.embedding is None:
            return None
        return DetectedFace(
            face_id=self._new_id(),
            rectangle=face.detection.rectangle,
            embedding=face.embedding,
            recognition_model=options.recognition_model,
            detection_model=options.detection_model,
            expires=expires,
        )
