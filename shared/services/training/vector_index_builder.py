"""Training into the vector index: every face of a collection, under a version of its own."""

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

    A blob that is named like the version stands for it among the snapshots: it is there before the
    first vector and goes after the last one, so that the removal of blobs finds what to sweep.

    Args:
        faces_from: how many faces a collection must have to be searched there; None: none is.
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
        """Put the collection's faces into the index; None where it is searched in memory.

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
        """Sweep a version: its vectors, then the blob that stands for it."""
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
    """Counts faces that pass, and their persons, which come side by side."""

    faces: int = 0
    persons: int = 0

    def all_of_one_model(self, faces: Iterable[TrainingFace]) -> Iterator[TrainingFace]:
        """The faces.

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
