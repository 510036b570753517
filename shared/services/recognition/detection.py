"""Detect: finds the faces on an image and stores each under a faceId that expires."""

from __future__ import annotations

from collections.abc import Sequence
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
    """A detected face; without an id if it is not stored."""

    rectangle: Rectangle
    face_id: str | None = None
    landmarks: Landmarks | None = None
    attributes: FaceAttributes | None = None


class FaceDetection:
    """Detects faces and stores them."""

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
        """Detect the faces on an image, largest first, and store them if requested.

        Raises:
            InvalidImageUrl, InvalidImageSize, InvalidImage: the image cannot be used.
            Busy: too many requests are waiting.
        """
        seen = self._image_analysis.faces(
            image,
            embed=options.remember,
            landmarks=options.landmarks,
            attributes=options.attributes,
            recognition_model=options.recognition_model,
            detection_model=options.detection_model,
        )
        return self.remember(seen, options)

    def remember(self, seen: Sequence[SeenFace], options: DetectionOptions) -> list[FoundFace]:
        """Store faces under new ids if the options say so; a face that is not stored has no id."""
        if not options.remember:
            return [
                FoundFace(face.detection.rectangle, None, face.landmarks, face.attributes)
                for face in seen
            ]
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
        """The face under a new id; None if it has no embedding."""
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
