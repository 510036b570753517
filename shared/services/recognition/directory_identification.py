"""Identify in the person directory: who of a dynamic group, of some persons, of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryScope
from shared.domain.values import Candidate, DetectedFace, IdentifiedFace
from shared.gallery.search.search import nearest_persons
from shared.gallery.search.vector_index import GallerySize, PersonMatch
from shared.services.galleries.directory_gallery import DirectoryGallery, Opened
from shared.services.recognition.candidate_rule import CandidateRule
from shared.services.recognition.comparison import incompatible_models
from shared.services.recognition.identification_scale import IdentificationScales, Scale
from shared.storage.records.detected_faces import DetectedFaces


class DirectoryIdentification:
    """Searches the directory as it is now."""

    def __init__(
        self,
        gallery: DirectoryGallery,
        detected_faces: DetectedFaces,
        scales: IdentificationScales,
        rule: CandidateRule,
    ) -> None:
        self._gallery = gallery
        self._detected_faces = detected_faces
        self._scales = scales
        self._rule = rule

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
            count: how many candidates at most, 1 to 100.
            threshold: the least confidence of a candidate, 0 to 1; None: the operator's default.

        Returns:
            One entry a face, in the order of the ids; candidates best first, perhaps none.

        Raises:
            CollectionNotFound, PersonNotFound: the scope does not exist.
            FaceNotFound: a face is unknown or has expired.
            BadArgument: a face has a recognition model that the directory does not keep.
        """
        opened = self._gallery.open(scope)
        faces = self._detected_faces.all_of(face_ids)
        models = {face.recognition_model for face in faces}
        if not models <= set(DIRECTORY_RECOGNITION_MODELS):
            raise incompatible_models()
        candidates: dict[str, tuple[Candidate, ...]] = {}
        for model in models:
            alike = [face for face in faces if face.recognition_model == model]
            found = self._search(opened, model, alike, count, threshold)
            candidates |= {face.face_id: some for face, some in zip(alike, found, strict=True)}
        return [IdentifiedFace(face.face_id, candidates[face.face_id]) for face in faces]

    def _search(
        self,
        opened: Opened,
        model: str,
        faces: Sequence[DetectedFace],
        count: int,
        threshold: float | None,
    ) -> list[tuple[Candidate, ...]]:
        """The candidates of faces of one recognition model."""
        rows = self._gallery.rows(opened, model)
        if rows is None:
            size, matches = self._search_parts(opened, model, faces, self._rule.persons(count))
            scale = self._scale(faces, size)
        elif not rows.parts:
            return [() for _ in faces]
        else:
            _check_models(rows.models, faces)
            scale = self._scale(faces, rows.size)
            matches = nearest_persons(
                rows.parts,
                np.stack([face.embedding.vector for face in faces]),
                count=self._rule.persons(count),
                least=scale.least_subtracted,
            )
        least = scale.default if threshold is None else threshold
        return [
            self._rule.choose(
                scale.candidates(some, of_default=threshold is None), count=count, threshold=least
            )
            for some in matches
        ]

    def _search_parts(
        self, opened: Opened, model: str, faces: Sequence[DetectedFace], count: int
    ) -> tuple[GallerySize, list[list[PersonMatch]]]:
        """Search part by part, by raw cosines; a person of several parts by its best one."""
        probes = np.stack([face.embedding.vector for face in faces])
        best: list[dict[str, PersonMatch]] = [{} for _ in faces]
        persons = 0
        for part in self._gallery.parts(opened, model):
            _check_models(part.block.models, faces)
            rows = part.block.rows(part.among)
            persons += rows.living
            for known, found in zip(
                best, nearest_persons([rows], probes, count=count), strict=True
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

    def _scale(self, faces: Sequence[DetectedFace], size: GallerySize) -> Scale:
        return self._scales.scale(faces[0].embedding.model, size)


def _check_models(models: frozenset[str], faces: Sequence[DetectedFace]) -> None:
    if any(models != {face.embedding.model} for face in faces):
        raise incompatible_models()
