"""Which snapshot a search reads, and what it must leave out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.faces.collections import CollectionKey
from shared.faces.errors import ConcurrentOperation, NotTrained, TrainingNotFinished
from shared.faces.values import Collection, TrainingRecord, TrainingStatus
from shared.gallery.cache import SnapshotCache, SnapshotName
from shared.gallery.search import excluded_rows
from shared.gallery.snapshot import Snapshot
from shared.storage.collection_records import CollectionRecords
from shared.storage.tombstones import TombstoneRecords
from shared.storage.training_records import TrainingRecords

_ATTEMPTS = 5
_EXCLUSIONS_KEPT = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """What one search reads: a snapshot, and the rows of it that were deleted since."""

    collection: Collection
    snapshot: Snapshot
    excluded: NDArray[np.int64]


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
        self._lock = threading.Lock()
        self._exclusions: OrderedDict[tuple[str, str, int], NDArray[np.int64]] = OrderedDict()

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
            snapshot = self._cache.get(SnapshotName(collection.incarnation, version))
            if snapshot is None:
                continue  # A newer training replaced it between the two reads.
            excluded = self._excluded(key, collection, version, snapshot)
            if excluded is not None:
                return Gallery(collection, snapshot, excluded)
        raise ConcurrentOperation(key.collection_id)

    def _version(self, key: CollectionKey, collection: Collection) -> str:
        stored = self._trainings.find(key)
        if stored is None or stored.record.incarnation != collection.incarnation:
            raise NotTrained(key.kind)
        if stored.record.snapshot is None:
            raise _untrained(key, stored.record)
        return stored.record.snapshot

    def _excluded(
        self, key: CollectionKey, collection: Collection, version: str, snapshot: Snapshot
    ) -> NDArray[np.int64] | None:
        """Rows to leave out; None if another training cleared tombstones while they were read."""
        name = (collection.incarnation, version, collection.deletions)
        with self._lock:
            known = self._exclusions.get(name)
            if known is not None:
                self._exclusions.move_to_end(name)
                return known
        rows = excluded_rows(snapshot, self._tombstones.read(collection.incarnation).ids)
        if self._version(key, collection) != version:
            return None
        with self._lock:
            self._exclusions[name] = rows
            while len(self._exclusions) > _EXCLUSIONS_KEPT:
                self._exclusions.popitem(last=False)
        return rows


def _untrained(key: CollectionKey, record: TrainingRecord) -> NotTrained | TrainingNotFinished:
    if record.status is TrainingStatus.RUNNING:
        return TrainingNotFinished(key.kind)
    return NotTrained(key.kind)
