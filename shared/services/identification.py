"""Identify: who of a group a face belongs to, or honestly nobody."""

from __future__ import annotations

from collections.abc import Sequence

from shared.faces.collections import CollectionKey
from shared.faces.errors import FaceNotFound
from shared.faces.limits import SAME_PERSON_CONFIDENCE
from shared.faces.values import Candidate, DetectedFace, Embedding, IdentifiedFace
from shared.gallery.search import nearest_persons
from shared.services.comparison import Comparison, incompatible_models
from shared.services.galleries import Galleries, Gallery
from shared.storage.detected_faces import DetectedFaces


class Identification:
    """Searches trained groups."""

    def __init__(
        self, galleries: Galleries, detected_faces: DetectedFaces, comparison: Comparison
    ) -> None:
        self._galleries = galleries
        self._detected_faces = detected_faces
        self._comparison = comparison

    def identify(
        self,
        face_ids: Sequence[str],
        group: CollectionKey,
        *,
        count: int,
        threshold: float | None,
    ) -> list[IdentifiedFace]:
        """The candidates for each face.

        Args:
            face_ids: 1 to 10 ids.
            count: how many candidates at most, 1 to 100.
            threshold: the least confidence of a candidate, 0 to 1; None: 0.5.

        Returns:
            One entry a face, in the order of the ids; candidates best first, perhaps none.

        Raises:
            CollectionNotFound, NotTrained, TrainingNotFinished: the group cannot be searched.
            FaceNotFound: a face is unknown or has expired.
            BadArgument: a face has another recognition model than the group.
        """
        gallery = self._galleries.open(group)
        faces = self._faces(face_ids)
        model = gallery.collection.recognition_model
        if any(face.recognition_model != model for face in faces):
            raise incompatible_models()
        return [
            IdentifiedFace(
                face.face_id, self._candidates(gallery, face.embedding, count, threshold)
            )
            for face in faces
        ]

    def candidates(
        self, embeddings: Sequence[Embedding], group: CollectionKey, *, count: int
    ) -> list[tuple[Candidate, ...]]:
        """As ``identify`` with the default threshold, for faces that have no id yet."""
        gallery = self._galleries.open(group)
        return [self._candidates(gallery, embedding, count, None) for embedding in embeddings]

    def _candidates(
        self, gallery: Gallery, probe: Embedding, count: int, threshold: float | None
    ) -> tuple[Candidate, ...]:
        model = gallery.snapshot.index.model
        if probe.model != model:
            raise incompatible_models()
        floor = SAME_PERSON_CONFIDENCE if threshold is None else threshold
        matches = nearest_persons(
            gallery.snapshot, probe.vector, count=count, excluded=gallery.excluded
        )
        scored = (
            Candidate(match.person_id, self._comparison.confidence(model, match.cosine))
            for match in matches
        )
        return tuple(candidate for candidate in scored if candidate.confidence >= floor)

    def _faces(self, face_ids: Sequence[str]) -> list[DetectedFace]:
        found = self._detected_faces.get_many(face_ids)
        faces = [face for face in found if face is not None]
        if len(faces) < len(found):
            raise FaceNotFound
        return faces
