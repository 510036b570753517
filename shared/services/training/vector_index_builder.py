"""Training into the vector index: every face of a collection, under a version of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection, Embedding
from shared.domain.vectors import VectorVersion
from shared.services.training.writer import MixedModels, NoFaces
from shared.storage.account.blobs import BlobStore
from shared.storage.layout import SNAPSHOTS
from shared.storage.records.collections.training_faces import TrainingFace, TrainingFaces
from shared.storage.vectors.face_vectors import FaceVectors, buckets_for


@dataclass(frozen=True, slots=True)
class FilledVersion:
    """What a training put into the vector index: its version's name, and how much there is."""

    name: str
    faces: int
    persons: int


class VectorIndexBuilder:
    """Fills the vector index and removes what is not needed there any more.

    A blob that is named like the version stands for it among the snapshots: it is there before the
    first vector and goes after the last one, so that whoever removes blobs knows what to sweep.

    Args:
        faces_from: how many faces a collection must have to be searched there; None: none is.
    """

    def __init__(
        self,
        faces: TrainingFaces,
        vectors: FaceVectors,
        blobs: BlobStore,
        new_id: IdFactory,
        *,
        faces_from: int | None,
    ) -> None:
        self._faces = faces
        self._vectors = vectors
        self._blobs = blobs
        self._new_id = new_id
        self._faces_from = faces_from

    def fill(
        self, collection: Collection, deleted: frozenset[str], progress: Callable[[int], None]
    ) -> FilledVersion | None:
        """Put the collection's faces into the index; None where it is searched in memory.

        Args:
            deleted: personIds and persistedFaceIds to leave out.
            progress: told in percent.

        Raises:
            NoFaces, MixedModels: there is nothing, or not one thing, to train on.
        """
        if self._faces_from is None:
            return None
        expected = self._faces.count(collection)
        if expected < self._faces_from:
            return None
        return self._fill(collection, deleted, expected, progress)

    def remove(self, incarnation: str, version: VectorVersion) -> None:
        """Sweep a version: its vectors, then the blob that stands for it."""
        self._vectors.sweep(incarnation, version)
        self._blobs.delete(SNAPSHOTS, f"{incarnation}/{version.name}")

    def _fill(
        self,
        collection: Collection,
        deleted: frozenset[str],
        expected: int,
        progress: Callable[[int], None],
    ) -> FilledVersion:
        pages = self._living(collection, deleted)
        first = next(pages, None)
        if first is None:
            raise NoFaces
        version = self._begin(collection, first[0].embedding, expected)
        faces, persons, last = 0, 0, b""
        try:
            for page in chain([first], pages):
                if any(one.embedding.model != version.model for one in page):
                    raise MixedModels
                self._vectors.add(collection.incarnation, version, page)
                for one in page:
                    persons += one.person_id != last
                    last = one.person_id
                faces += len(page)
                progress(min(95, 95 * faces // max(1, expected)))
        except BaseException:
            self.remove(collection.incarnation, version)
            raise
        return FilledVersion(version.name, faces, persons)

    def _living(
        self, collection: Collection, deleted: frozenset[str]
    ) -> Iterator[list[TrainingFace]]:
        """The faces that are not deleted, in order of person, in pages that are not empty."""
        left_out = {uuid.UUID(name).bytes for name in deleted}
        for partition in self._faces.partitions(collection):
            for page in self._faces.walk(partition):
                living = [one for one in page if not {one.person_id, one.face_id} & left_out]
                if living:
                    yield living

    def _begin(self, collection: Collection, first: Embedding, expected: int) -> VectorVersion:
        dimension = len(first.vector)
        buckets = buckets_for(expected, dimension)
        version = VectorVersion(self._new_id(), buckets, first.model, dimension, expected)
        name = f"{collection.incarnation}/{version.name}"
        self._blobs.write(SNAPSHOTS, name, version.name.encode())
        return version
