"""Find similar: which of several detected faces are like a face."""

from __future__ import annotations

from collections.abc import Sequence

from shared.faces.errors import FaceNotFound
from shared.faces.limits import SAME_PERSON_CONFIDENCE
from shared.faces.requests import MatchMode
from shared.faces.values import DetectedFace, SimilarFace
from shared.services.comparison import Comparison, incompatible_models
from shared.storage.detected_faces import DetectedFaces


class FaceSimilarity:
    """Ranks faces by their likeness to a probe."""

    def __init__(self, detected_faces: DetectedFaces, comparison: Comparison) -> None:
        self._detected_faces = detected_faces
        self._comparison = comparison

    def among_faces(
        self, face_id: str, face_ids: Sequence[str], *, mode: MatchMode, count: int
    ) -> list[SimilarFace]:
        """The detected faces most similar to another.

        Args:
            face_ids: 1 to 1,000 ids; a repeated id counts once.
            count: how many at most.

        Returns:
            Best first; in mode ``PERSON`` only faces at or above the same-person confidence.

        Raises:
            FaceNotFound: the face or one of the others is unknown or has expired.
            BadArgument: they were detected for different recognition models.
        """
        probe, *gallery = self._faces([face_id, *dict.fromkeys(face_ids)])
        if any(face.recognition_model != probe.recognition_model for face in gallery):
            raise incompatible_models()
        floor = SAME_PERSON_CONFIDENCE if mode is MatchMode.PERSON else 0.0
        scored = (
            SimilarFace(face.face_id, self._comparison.compare(probe.embedding, face.embedding))
            for face in gallery
        )
        alike = [similar for similar in scored if similar.confidence >= floor]
        return sorted(alike, key=lambda similar: -similar.confidence)[:count]

    def _faces(self, face_ids: Sequence[str]) -> list[DetectedFace]:
        found = self._detected_faces.get_many(face_ids)
        faces = [face for face in found if face is not None]
        if len(faces) < len(found):
            raise FaceNotFound
        return faces
