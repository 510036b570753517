"""Which snapshot a search reads, and what it must leave out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from shared.faces.collections import CollectionKey
from shared.faces.errors import ConcurrentOperation, NotTrained, TrainingNotFinished
from shared.faces.values import Collection, TrainingRecord, TrainingStatus
from shared.gallery.cache import SnapshotCache, SnapshotName
from shared.gallery.trained_faces import SearchableFaces, TrainedFaces
from shared.gallery.vector_index import VectorIndex
from shared.storage.collection_records import CollectionRecords
from shared.storage.tombstones import TombstoneRecords
from shared.storage.training_records import TrainingRecords

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """What one search reads: a collection, and its faces as trained less those deleted since."""

    collection: Collection
    faces: VectorIndex


class Galleries:
    """Opens the gallery of a collection as of its last training, less what was deleted since."""

    def __init__(
        self,
        collections: CollectionRecords,
        trainings: TrainingRecords,
        tombstones: TombstoneRecords,
        cache: SnapshotCache,
    ) -> None:
        self._collections = collections
        self._trainings = trainings
        self._tombstones = tombstones
        self._cache = cache

    def open(self, key: CollectionKey) -> Gallery:
        """The gallery to search now.

        Raises:
            CollectionNotFound: there is no such collection.
            NotTrained: it was never trained, or never with success.
            TrainingNotFinished: its first training is under way.
            Unavailable: the snapshot is damaged.
            ConcurrentOperation: it is retrained faster than it can be read.
        """
        for _ in range(_ATTEMPTS):
            collection = self._collections.get(key)
            version = self._version(key, collection)
            trained = self._cache.get(SnapshotName(collection.incarnation, version))
            if trained is None:
                continue  # A newer training replaced it between the two reads.
            faces = self._less_deleted(key, collection, version, trained)
            if faces is not None:
                return Gallery(collection, faces)
        raise ConcurrentOperation(key.collection_id)

    def _version(self, key: CollectionKey, collection: Collection) -> str:
        stored = self._trainings.find(key)
        if stored is None or stored.record.incarnation != collection.incarnation:
            raise NotTrained(key.kind)
        if stored.record.snapshot is None:
            raise _untrained(key, stored.record)
        return stored.record.snapshot

    def _less_deleted(
        self, key: CollectionKey, collection: Collection, version: str, trained: TrainedFaces
    ) -> SearchableFaces | None:
        """What may be found; None if another training cleared tombstones while they were read."""
        known = trained.recall(collection.deletions)
        if known is not None:
            return known
        deleted = self._tombstones.read(collection.incarnation).ids
        faces = trained.without([uuid.UUID(name).bytes for name in deleted])
        if self._version(key, collection) != version:
            return None
        trained.remember(collection.deletions, faces)
        return faces


def _untrained(key: CollectionKey, record: TrainingRecord) -> NotTrained | TrainingNotFinished:
    if record.status is TrainingStatus.RUNNING:
        return TrainingNotFinished(key.kind)
    return NotTrained(key.kind)
