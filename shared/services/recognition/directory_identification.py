"""Identify in the person directory: who of a dynamic group, of some persons, of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryScope
from shared.domain.values import Candidate, DetectedFace, IdentifiedFace
from shared.gallery.search.unindexed_scan import Ranking
from shared.services.galleries.directory_gallery import DirectoryGallery, Opened
from shared.services.recognition.candidate_rule import CandidateRule
from shared.services.recognition.comparison import Comparison, incompatible_models
from shared.storage.records.detected_faces import DetectedFaces


class DirectoryIdentification:
    """Searches the directory as it is now."""

    def __init__(
        self,
        gallery: DirectoryGallery,
        detected_faces: DetectedFaces,
        comparison: Comparison,
        rule: CandidateRule,
    ) -> None:
        self._gallery = gallery
        self._detected_faces = detected_faces
        self._comparison = comparison
        self._rule = rule

    def identify(
        self,
        face_ids: Sequence[str],
        scope: DirectoryScope,
        *,
        count: int,
        threshold: float | None,
    ) -> list[IdentifiedFace]:
        """The candidates for each face, by the best of a person's faces for its model.

        Args:
            face_ids: 1 to 10 ids; each is compared with the faces of its own recognition model.
            count: how many candidates at most, 1 to 100.
            threshold: the least confidence of a candidate, 0 to 1; None: 0.5.

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
        found: dict[str, Ranking] = {}
        for model in models:
            alike = {face.face_id: face for face in faces if face.recognition_model == model}
            found |= self._search(opened, model, alike, self._rule.persons(count))
        return [
            IdentifiedFace(
                face.face_id,
                self._rule.choose(
                    self._ranked(face, found[face.face_id]), count=count, threshold=threshold
                ),
            )
            for face in faces
        ]

    def _search(
        self, opened: Opened, model: str, faces: dict[str, DetectedFace], count: int
    ) -> dict[str, Ranking]:
        rankings = {face_id: Ranking(count) for face_id in faces}
        for part in self._gallery.parts(opened, model):
            for face_id, face in faces.items():
                if part.block.models != {face.embedding.model}:
                    raise incompatible_models()
                rankings[face_id].take(part.block, face.embedding.vector, part.among)
        return rankings

    def _ranked(self, face: DetectedFace, ranking: Ranking) -> list[Candidate]:
        return [
            Candidate(person_id, self._comparison.confidence(face.embedding.model, cosine))
            for person_id, cosine in ranking.matches()
        ]
