"""Identify: the persons of a group that a face may belong to, possibly none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.domain.collections import CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.values import Candidate, Embedding, IdentifiedFace, SimilarFace
from shared.gallery.search.vector_index import FaceMatch
from shared.services.cohorts.small_galleries import SmallGalleries
from shared.services.galleries.galleries import Galleries, Gallery
from shared.services.recognition.candidate_rule import CandidateRule
from shared.services.recognition.comparison import Comparison, incompatible_models
from shared.services.recognition.directory_identification import DirectoryIdentification
from shared.services.recognition.identification_scale import (
    IdentificationScales,
    RankedPersons,
    Scale,
)
from shared.storage.records.detected_faces import DetectedFaces

_FACES_PER_RESULT, _FEWEST_FACES, _MOST_FACES = 4, 64, 4_096
"""With an operator's cohort that corrects cosines: nearest faces scored first, per requested result
and at least; and the maximum."""


class Identification:
    """Searches trained groups, and the directory by `DirectoryIdentification`."""

    def __init__(
        self,
        galleries: Galleries,
        detected_faces: DetectedFaces,
        comparison: Comparison,
        scales: IdentificationScales,
        rule: CandidateRule,
        directory: DirectoryIdentification,
        small: SmallGalleries | None = None,
    ) -> None:
        self._galleries = galleries
        self._detected_faces = detected_faces
        self._comparison = comparison
        self._scales = scales
        self._rule = rule
        self._small = small or SmallGalleries({})
        self._directory = directory

    def identify(
        self,
        face_ids: Sequence[str],
        scope: CollectionKey | DirectoryScope,
        *,
        count: int,
        threshold: float | None,
    ) -> list[IdentifiedFace]:
        """The candidates for each face.

        Args:
            face_ids: 1 to 10 ids.
            scope: a trained group, or a part of the directory, which is searched in its current
                state.
            count: maximum number of candidates, 1 to 100.
            threshold: minimum confidence of a candidate, 0 to 1; None: the operator's default,
                0.5 unless FACE_IDENTIFY_FALSE_POSITIVES is set.

        Returns:
            One entry per face, in the order of the ids; candidates best first, possibly none.

        Raises:
            CollectionNotFound, NotTrained, TrainingNotFinished: the group cannot be searched.
            PersonNotFound: a person of the scope does not exist.
            FaceNotFound: a face is unknown or has expired.
            BadArgument: a face has another recognition model than the group, or one for which the
                directory stores no faces.
        """
        if isinstance(scope, DirectoryScope):
            return self._directory.identify(face_ids, scope, count=count, threshold=threshold)
        gallery = self._galleries.open(scope)
        faces = self._detected_faces.all_of(face_ids)
        model = gallery.collection.recognition_model
        if any(face.recognition_model != model for face in faces):
            raise incompatible_models()
        probes = [face.embedding for face in faces]
        found = self.candidates(gallery, probes, count=count, threshold=threshold)
        return [
            IdentifiedFace(face.face_id, candidates)
            for face, candidates in zip(faces, found, strict=True)
        ]

    def similar_faces(
        self, face_id: str, face_list: CollectionKey, *, count: int, threshold: float
    ) -> list[SimilarFace]:
        """The faces of a large face list nearest to a detected face, exactly, best first.

        Args:
            count: maximum number of faces, 1 to 1,000.
            threshold: minimum confidence of a face, 0 to 1.

        Raises:
            Like ``identify``.
        """
        gallery = self._galleries.open(face_list)
        (face,) = self._detected_faces.all_of([face_id])
        if face.recognition_model != gallery.collection.recognition_model:
            raise incompatible_models()
        (similar,) = self.nearest_faces(gallery, [face.embedding], count=count, threshold=threshold)
        return similar

    def nearest_faces(
        self,
        gallery: Gallery,
        embeddings: Sequence[Embedding],
        *,
        count: int,
        threshold: float,
    ) -> list[list[SimilarFace]]:
        """Like ``similar_faces``, for faces without ids.

        Args:
            embeddings: at least one.

        Raises:
            BadArgument: the embeddings are of another model than the gallery's.
        """
        model = gallery.faces.model
        if any(one.model != model for one in embeddings):
            raise incompatible_models()
        if self._comparison.corrects(model):
            return [self._corrected(gallery, one, count, threshold) for one in embeddings]
        probes = np.stack([one.vector for one in embeddings])
        return [
            [
                similar
                for match in matches
                if (similar := self._similar(model, match)).confidence >= threshold
            ]
            for matches in gallery.faces.nearest_faces(probes, count=count)
        ]

    def open(self, group: CollectionKey) -> Gallery:
        """The gallery of a group, or of a large face list, to be searched repeatedly.

        Raises:
            CollectionNotFound, NotTrained, TrainingNotFinished: it cannot be searched.
        """
        return self._galleries.open(group)

    def candidates(
        self,
        gallery: Gallery,
        embeddings: Sequence[Embedding],
        *,
        count: int,
        threshold: float | None = None,
    ) -> list[tuple[Candidate, ...]]:
        """Like ``identify``, for faces without ids.

        Raises:
            BadArgument: the embeddings are of another model than the gallery's.
        """
        if not embeddings:
            return []
        scale = self._scale(gallery)
        least = scale.default if threshold is None else threshold
        ranked = self.rank(
            gallery, embeddings, count=self._rule.persons(count), floor=self._rule.floor(least)
        )
        return [
            self._rule.choose(
                scale.candidates(matches, of_default=threshold is None),
                count=count,
                threshold=least,
            )
            for matches in ranked.matches
        ]

    def rank(
        self, gallery: Gallery, embeddings: Sequence[Embedding], *, count: int, floor: float = 0.0
    ) -> RankedPersons:
        """The nearest persons with their scores, whether or not they are candidates.

        Args:
            embeddings: at least one.
            floor: persons below this confidence may be left out.

        Raises:
            BadArgument: the embeddings are of another model than the gallery's.
        """
        if any(one.model != gallery.faces.model for one in embeddings):
            raise incompatible_models()
        scale = self._scale(gallery)
        size = gallery.faces.size
        matches = gallery.faces.nearest_persons(
            np.stack([one.vector for one in embeddings]),
            count=self._small.count(gallery.faces.model, size, count),
            floor=scale.least_score(floor),
            least=scale.least_subtracted,
            handicaps=scale.handicaps(embeddings),
        )
        return RankedPersons(scale, self._small.corrected(size, embeddings, matches, count))

    def _corrected(
        self, gallery: Gallery, embedding: Embedding, count: int, threshold: float
    ) -> list[SimilarFace]:
        """The faces with the highest corrected scores, best first.

        A score is never above its cosine, so no face that the search did not return can score
        above the cosine of the last one that it returned. If 4,096 faces do not decide the result,
        the best of them are returned.
        """
        model, probe = embedding.model, embedding.vector[None]
        least = self._comparison.least_cosine(model, threshold)
        asked = max(_FEWEST_FACES, _FACES_PER_RESULT * count)
        while True:
            (matches,) = gallery.faces.nearest_faces(probe, count=asked)
            scored = self._scored(embedding, matches)
            if len(matches) < asked or asked >= _MOST_FACES:
                break
            bound = matches[-1].cosine
            if bound < least or scored[count - 1][0] >= bound:
                break
            asked *= _FACES_PER_RESULT
        similar = [
            SimilarFace(face_id, self._comparison.confidence(model, score), persisted=True)
            for score, face_id in scored[:count]
        ]
        return [one for one in similar if one.confidence >= threshold]

    def _scored(
        self, embedding: Embedding, matches: Sequence[FaceMatch]
    ) -> list[tuple[float, str]]:
        """Scores and ids of faces, best first; the cosines if the index returns no vectors."""
        vectors = [match.vector for match in matches if match.vector is not None]
        scores = [match.cosine for match in matches]
        if matches and len(vectors) == len(matches):
            rows = np.stack(vectors)
            found = self._comparison.scores(embedding.model, embedding.vector[None], rows)
            scores = [float(one) for one in found[0]]
        ranked = zip(scores, (match.face_id for match in matches), strict=True)
        return sorted(ranked, key=lambda one: (-one[0], one[1]))

    def _similar(self, model: str, match: FaceMatch) -> SimilarFace:
        confidence = self._comparison.confidence(model, match.cosine)
        return SimilarFace(match.face_id, confidence, persisted=True)

    def scale(self, group: CollectionKey) -> Scale:
        """The scale of the confidences of a group's candidates, at its present size.

        Raises:
            CollectionNotFound, NotTrained, TrainingNotFinished: the group cannot be searched.
        """
        return self._scale(self._galleries.open(group))

    def _scale(self, gallery: Gallery) -> Scale:
        return self._scales.scale(gallery.faces.model, gallery.faces.size)
