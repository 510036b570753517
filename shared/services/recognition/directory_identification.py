"""Identify in the person directory: in a dynamic group, among some persons or among all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryScope
from shared.domain.values import Candidate, Embedding, IdentifiedFace
from shared.gallery.search.person_rows import PersonParts
from shared.gallery.search.search import nearest_persons
from shared.gallery.search.vector_index import GallerySize, PersonMatch
from shared.services.cohorts.small_galleries import SmallGalleries
from shared.services.galleries.directory_gallery import DirectoryGallery, Opened
from shared.services.recognition.candidate_rule import CandidateRule
from shared.services.recognition.comparison import incompatible_models
from shared.services.recognition.identification_scale import (
    IdentificationScales,
    RankedPersons,
    Scale,
)
from shared.storage.records.detected_faces import DetectedFaces


class DirectoryIdentification:
    """Searches the current persons of the directory."""

    def __init__(
        self,
        gallery: DirectoryGallery,
        detected_faces: DetectedFaces,
        scales: IdentificationScales,
        rule: CandidateRule,
        small: SmallGalleries | None = None,
    ) -> None:
        self._gallery = gallery
        self._detected_faces = detected_faces
        self._scales = scales
        self._rule = rule
        self._small = small or SmallGalleries({})

    def identify(
        self,
        face_ids: Sequence[str],
        scope: DirectoryScope,
        *,
        count: int,
        threshold: float | None,
    ) -> list[IdentifiedFace]:
        """The candidates for each face, by the faces that persons have for its model.

        Args:
            face_ids: 1 to 10 ids; each is compared with the faces of its own recognition model.
            count: maximum number of candidates, 1 to 100.
            threshold: minimum confidence of a candidate, 0 to 1; None: the operator's default.

        Returns:
            One entry per face, in the order of the ids; candidates best first, perhaps none.

        Raises:
            CollectionNotFound, PersonNotFound: the scope does not exist.
            FaceNotFound: a face is unknown or has expired.
            BadArgument: a face has a recognition model that the directory does not support.
        """
        opened = self._gallery.open(scope)
        faces = self._detected_faces.all_of(face_ids)
        models = {face.recognition_model for face in faces}
        if not models <= set(DIRECTORY_RECOGNITION_MODELS):
            raise incompatible_models()
        candidates: dict[str, tuple[Candidate, ...]] = {}
        for model in models:
            alike = [face for face in faces if face.recognition_model == model]
            probes = [face.embedding for face in alike]
            found = self.candidates(opened, model, probes, count=count, threshold=threshold)
            candidates |= {face.face_id: some for face, some in zip(alike, found, strict=True)}
        return [IdentifiedFace(face.face_id, candidates[face.face_id]) for face in faces]

    def open(self, scope: DirectoryScope) -> Opened:
        """Resolve a scope, to be searched repeatedly.

        Raises:
            CollectionNotFound, PersonNotFound: the scope does not exist.
        """
        return self._gallery.open(scope)

    def candidates(
        self,
        opened: Opened,
        model: str,
        embeddings: Sequence[Embedding],
        *,
        count: int,
        threshold: float | None = None,
    ) -> list[tuple[Candidate, ...]]:
        """Like ``identify``, for faces without ids.

        Args:
            model: the recognition model of the directory's faces to search.

        Raises:
            BadArgument: the embeddings are of another model than those faces.
        """
        if not embeddings:
            return []
        ranked = self.rank(opened, model, embeddings, count=self._rule.persons(count))
        if ranked is None:
            return [() for _ in embeddings]
        least = ranked.scale.default if threshold is None else threshold
        return [
            self._rule.choose(
                ranked.scale.candidates(some, of_default=threshold is None),
                count=count,
                threshold=least,
            )
            for some in ranked.matches
        ]

    def rank(
        self, opened: Opened, model: str, embeddings: Sequence[Embedding], *, count: int
    ) -> RankedPersons | None:
        """The nearest persons with their scores; None if the scope has no faces for the model.

        Args:
            embeddings: at least one.

        Raises:
            BadArgument: the embeddings are of another model than those faces.
        """
        rows = self._gallery.rows(opened, model)
        if rows is None:
            size, matches = self._search_parts(opened, model, embeddings, count)
            return RankedPersons(self._scale(embeddings, size), matches)
        if not rows.persons.parts:
            return None
        _check_models(rows.models, embeddings)
        scale = self._scale(embeddings, rows.size)
        matches = nearest_persons(
            rows.persons,
            np.stack([one.vector for one in embeddings]),
            count=self._small.count(embeddings[0].model, rows.size, count),
            least=scale.least_subtracted,
            handicaps=scale.handicaps(embeddings),
        )
        return RankedPersons(scale, self._small.corrected(rows.size, embeddings, matches, count))

    def _search_parts(
        self, opened: Opened, model: str, embeddings: Sequence[Embedding], count: int
    ) -> tuple[GallerySize, list[list[PersonMatch]]]:
        """Search part by part by raw cosines; a person in several parts has its best score."""
        probes = np.stack([one.vector for one in embeddings])
        best: list[dict[str, PersonMatch]] = [{} for _ in embeddings]
        persons = 0
        for part in self._gallery.parts(opened, model):
            _check_models(part.block.models, embeddings)
            rows = part.block.rows(part.among)
            persons += rows.living
            for known, found in zip(
                best, nearest_persons(PersonParts([rows]), probes, count=count), strict=True
            ):
                for match in found:
                    before = known.get(match.person_id)
                    if before is None or before.score < match.score:
                        known[match.person_id] = match
        ranked = [
            sorted(known.values(), key=lambda one: (-one.score, one.person_id))[:count]
            for known in best
        ]
        return GallerySize(persons, normalised=False), ranked

    def _scale(self, embeddings: Sequence[Embedding], size: GallerySize) -> Scale:
        return self._scales.scale(embeddings[0].model, size)


def _check_models(models: frozenset[str], embeddings: Sequence[Embedding]) -> None:
    if any(models != {one.model} for one in embeddings):
        raise incompatible_models()
