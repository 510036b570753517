"""Find similar: ranks faces by their similarity to a query face."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from shared.domain.collections import FACE_LIST, CollectionKey
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.requests import MatchMode
from shared.domain.values import Embedding, SimilarFace
from shared.services.galleries.live_face_lists import LiveFaceList, LiveFaceLists
from shared.services.recognition.comparison import Comparison, incompatible_models
from shared.services.recognition.identification import Identification
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.detected_faces import DetectedFaces


class FaceSimilarity:
    """Ranks faces by similarity to a query face.

    In mode ``PERSON`` only faces with at least the same-person confidence are returned.
    """

    def __init__(
        self,
        detected_faces: DetectedFaces,
        comparison: Comparison,
        collections: CollectionRecords,
        live_lists: LiveFaceLists,
        identification: Identification,
    ) -> None:
        self._detected_faces = detected_faces
        self._comparison = comparison
        self._collections = collections
        self._live_lists = live_lists
        self._identification = identification

    def find(
        self,
        face_id: str,
        scope: CollectionKey | Sequence[str],
        *,
        mode: MatchMode,
        count: int,
    ) -> list[SimilarFace]:
        """The faces of a scope that are most similar to a detected face, best first.

        Args:
            scope: a face list, whose current faces are searched; a large face list, as last
                trained; or 1 to 1,000 faceIds, of which repeated ones are ignored.
            count: maximum number of results.

        Raises:
            CollectionNotFound: the list does not exist.
            FaceListNotReady: the face list is empty.
            NotTrained, TrainingNotFinished: the large face list cannot be searched.
            FaceNotFound: a faceId is unknown or has expired.
            BadArgument: recognition models differ.
        """
        if not isinstance(scope, CollectionKey):
            return self._among_faces(face_id, scope, mode, count)
        if scope.kind is FACE_LIST:
            return self._in_face_list(face_id, scope, mode, count)
        return self._identification.similar_faces(
            face_id, scope, count=count, threshold=_floor(mode)
        )

    def _among_faces(
        self, face_id: str, face_ids: Sequence[str], mode: MatchMode, count: int
    ) -> list[SimilarFace]:
        probe, *gallery = self._detected_faces.all_of([face_id, *dict.fromkeys(face_ids)])
        if any(face.recognition_model != probe.recognition_model for face in gallery):
            raise incompatible_models()
        model = probe.embedding.model
        if any(face.embedding.model != model for face in gallery):
            raise incompatible_models()
        vectors = np.stack([face.embedding.vector for face in gallery])
        scores = self._comparison.scores(model, probe.embedding.vector[None], vectors)[0]
        scored = (
            SimilarFace(face.face_id, self._comparison.confidence(model, float(score)))
            for face, score in zip(gallery, scores, strict=True)
        )
        return _ranked(scored, mode, count)

    def _in_face_list(
        self, face_id: str, face_list: CollectionKey, mode: MatchMode, count: int
    ) -> list[SimilarFace]:
        collection = self._collections.get(face_list)
        gallery = self._live_lists.open(collection)
        (probe,) = self._detected_faces.all_of([face_id])
        if probe.recognition_model != collection.recognition_model:
            raise incompatible_models()
        return _ranked(self._scored(gallery, probe.embedding), mode, count)

    def nearest_faces(
        self,
        gallery: LiveFaceList,
        embeddings: Sequence[Embedding],
        *,
        count: int,
        threshold: float,
    ) -> list[list[SimilarFace]]:
        """The faces of a face list that are most similar to each face, best first.

        Args:
            threshold: minimum confidence of a result, 0 to 1.

        Raises:
            BadArgument: the embeddings are of another model than the list's faces.
        """
        found = []
        for embedding in embeddings:
            scored = self._scored(gallery, embedding)
            alike = [one for one in scored if one.confidence >= threshold]
            found.append(sorted(alike, key=lambda one: -one.confidence)[:count])
        return found

    def _scored(self, gallery: LiveFaceList, embedding: Embedding) -> list[SimilarFace]:
        if any(model != embedding.model for model in gallery.models):
            raise incompatible_models()
        scores = self._comparison.scores(embedding.model, embedding.vector[None], gallery.vectors)[
            0
        ]
        return [
            SimilarFace(
                found,
                self._comparison.confidence(embedding.model, float(score)),
                persisted=True,
            )
            for found, score in zip(gallery.face_ids, scores, strict=True)
        ]


def _floor(mode: MatchMode) -> float:
    return SAME_PERSON_CONFIDENCE if mode is MatchMode.PERSON else 0.0


def _ranked(scored: Iterable[SimilarFace], mode: MatchMode, count: int) -> list[SimilarFace]:
    alike = [similar for similar in scored if similar.confidence >= _floor(mode)]
    return sorted(alike, key=lambda similar: -similar.confidence)[:count]
