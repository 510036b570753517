"""Training into the vector index: all faces of a collection, under a new version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection, Embedding
from shared.domain.vectors import VectorVersion
from shared.services.training.cohort_policy import CohortPolicy
from shared.services.training.index_rows import index_rows
from shared.services.training.source import CollectionSource
from shared.services.training.writer import MixedModels, NoFaces
from shared.storage.account.blobs import BlobStore
from shared.storage.layout import SNAPSHOTS, snapshot_blob
from shared.storage.records.collections.training_faces import TrainingFace
from shared.storage.vectors.face_vectors import FaceVectors, buckets_for


@dataclass(frozen=True, slots=True)
class FilledVersion:
    """A version in the vector index, with its number of faces and persons."""

    name: str
    faces: int
    persons: int


class VectorIndexBuilder:
    """Fills the vector index and removes versions that are no longer needed.

    Each version has a marker blob of the same name among the snapshots. It is written before the
    first vector and deleted after the last one, so that the removal of old snapshots finds every
    version that has vectors.

    Args:
        faces_from: number of faces from which a collection is searched in the vector index; None:
            no collection is.
    """

    def __init__(
        self,
        vectors: FaceVectors,
        blobs: BlobStore,
        new_id: IdFactory,
        *,
        faces_from: int | None,
    ) -> None:
        self._vectors = vectors
        self._blobs = blobs
        self._new_id = new_id
        self._faces_from = faces_from

    def fill(
        self, source: CollectionSource, progress: Callable[[int], None], cohorts: CohortPolicy
    ) -> FilledVersion | None:
        """Write the collection's faces to the index; None if it is searched in memory.

        Args:
            progress: called with the percentage.
            cohorts: whether scores are normalised.

        Raises:
            NoFaces, MixedModels: there is no face, or faces of several models.
        """
        if self._faces_from is None:
            return None
        expected = source.count()
        if expected < self._faces_from:
            return None
        return self._fill(source, expected, progress, cohorts)

    def remove(self, incarnation: str, version: VectorVersion) -> None:
        """Delete a version: its vectors, then its marker blob."""
        self._vectors.sweep(incarnation, version)
        self._blobs.delete(SNAPSHOTS, snapshot_blob(incarnation, version.name))

    def _fill(
        self,
        source: CollectionSource,
        expected: int,
        progress: Callable[[int], None],
        cohorts: CohortPolicy,
    ) -> FilledVersion:
        pages = source.pages(lambda _: None)
        first = next(pages, None)
        if first is None:
            raise NoFaces
        collection, embedding = source.collection, first[0].embedding
        normalised = cohorts.salt(collection, embedding.model) is not None
        version = self._begin(collection, embedding, expected, normalised=normalised)
        counted = _Counted()
        try:
            faces = counted.all_of_one_model(chain.from_iterable(chain([first], pages)))
            rule = cohorts.length_rule(collection, embedding.model)
            for rows in index_rows(faces, normalised=normalised, rule=rule):
                self._vectors.add(collection.incarnation, version, rows)
                progress(min(95, 95 * counted.faces // max(1, expected)))
        except BaseException:
            self.remove(collection.incarnation, version)
            raise
        return FilledVersion(version.name, counted.faces, counted.persons)

    def _begin(
        self, collection: Collection, first: Embedding, expected: int, *, normalised: bool
    ) -> VectorVersion:
        dimension = len(first.vector)
        buckets = buckets_for(expected, dimension)
        version = VectorVersion(
            self._new_id(), buckets, first.model, dimension, expected, normalised
        )
        name = snapshot_blob(collection.incarnation, version.name)
        self._blobs.write(SNAPSHOTS, name, version.name.encode())
        return version


@dataclass(slots=True)
class _Counted:
    """Counts faces that pass through, and their persons; a person's faces are consecutive."""

    faces: int = 0
    persons: int = 0

    def all_of_one_model(self, faces: Iterable[TrainingFace]) -> Iterator[TrainingFace]:
        """Yield the faces.

        Raises:
            MixedModels: they are of several models.
        """
        model, last = None, b""
        for face in faces:
            model = model or face.embedding.model
            if face.embedding.model != model:
                raise MixedModels
            self.faces += 1
            self.persons += face.person_id != last
            last = face.person_id
            yield face
