"""What must go goes: purging deleted collections, expired documents and old uploads."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol

from shared.domain.clock import Clock
from shared.domain.collections import DYNAMIC_PERSON_GROUP
from shared.domain.directory import DynamicGroup
from shared.domain.errors import Conflict, DocumentConflict
from shared.domain.values import Collection
from shared.domain.vectors import VectorVersion
from shared.services.messages import PurgeMessage, encode
from shared.storage.account.blobs import BlobStore
from shared.storage.account.queues import QueueSender
from shared.storage.documents.store import Delete, DocumentContainer, DocumentStore
from shared.storage.layout import PURGE_QUEUE, RESULTS, SNAPSHOTS, UPLOADS
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.tombstones import tombstone_partition
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.face_documents import partitions
from shared.storage.vectors.face_vectors import FaceVectors

_log = logging.getLogger(__name__)

_STEP = 100
_STEPS_A_MESSAGE = 50
_SAFETY_DELAY = 30
"""Seconds after which the message that was sent before a deletion looks whether it happened."""


class CollectionNotDeleted(Conflict):
    """The collection that is to be purged has not been deleted (yet)."""


class Cache(Protocol):
    """What retention needs of what remembers faces."""

    def forget(self, incarnation: str) -> None:
        """Drop everything of a collection."""
        ...


class Retention:
    """Removes for good what is no longer part of any answer."""

    def __init__(
        self,
        collections: CollectionRecords,
        people: DocumentContainer,
        blobs: BlobStore,
        queues: QueueSender,
        caches: Sequence[Cache],
        memberships: Memberships,
        vectors: FaceVectors | None = None,
    ) -> None:
        self._collections = collections
        self._people = people
        self._blobs = blobs
        self._queues = queues
        self._caches = caches
        self._memberships = memberships
        self._vectors = vectors

    def announce(self, collection: Collection) -> None:
        """Before a deletion: make sure that it will be purged even if we die right after it."""
        self._queues.send(PURGE_QUEUE, encode(PurgeMessage.of(collection)), delay=_SAFETY_DELAY)

    def request(self, collection: Collection) -> None:
        """After a deletion: have it purged now."""
        self._forget(collection.incarnation)
        self._queues.send(PURGE_QUEUE, encode(PurgeMessage.of(collection)))

    def purge(self, message: PurgeMessage) -> None:
        """Sweep some thousands of documents of a deleted collection; ask for another round if more.

        Raises:
            CollectionNotDeleted: the collection exists: its deletion failed or is still running.
        """
        collection = self._collections.find(message.key)
        if collection is not None and collection.incarnation == message.incarnation:
            raise CollectionNotDeleted("The collection was not deleted; nothing was purged.")
        self._forget(message.incarnation)
        if not (self._sweep_documents(message) and self._sweep_snapshots(message)):
            self._queues.send(PURGE_QUEUE, encode(message))
            return
        _log.info("purged", extra={"incarnation": message.incarnation})

    def _forget(self, incarnation: str) -> None:
        for cache in self._caches:
            cache.forget(incarnation)

    def _sweep_snapshots(self, message: PurgeMessage) -> bool:
        """Whether nothing is left, in the vector index neither."""
        for blob in self._blobs.listing(SNAPSHOTS, prefix=f"{message.incarnation}/"):
            version = VectorVersion.parse(blob.name.partition("/")[2])
            if version is not None and self._vectors is not None:
                swept = self._vectors.sweep(message.incarnation, version, batches=_STEPS_A_MESSAGE)
                if not swept:
                    return False
            self._blobs.delete(SNAPSHOTS, blob.name)
        return True

    def _sweep_documents(self, message: PurgeMessage) -> bool:
        """Whether nothing is left."""
        if message.collection_kind is DYNAMIC_PERSON_GROUP:
            group = DynamicGroup(message.collection_id, message.incarnation)
            return self._memberships.sweep(group, batches=_STEPS_A_MESSAGE)
        steps = 0
        for partition in _all_partitions(message):
            while documents := self._people.page(partition, limit=_STEP, members=()):
                if steps == _STEPS_A_MESSAGE:
                    return False
                steps += 1
                try:
                    self._people.batch(
                        partition, [Delete(document.key.id) for document in documents]
                    )
                except DocumentConflict:
                    # Another delivery of the same message sweeps too; look at what is left.
                    continue
        return True


class Housekeeping:
    """Sweeps by age: expired documents where the database does not, uploads and results."""

    def __init__(
        self, store: DocumentStore, blobs: BlobStore, clock: Clock, *, upload_days: int
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._upload_days = upload_days

    def sweep(self) -> None:
        """Delete what has expired."""
        documents = self._store.sweep_expired()
        if not self._store.erase_deleted():
            _log.warning("deleted documents stay in the store's files until the next round")
        oldest = self._clock.now() - timedelta(days=self._upload_days)
        blobs = 0
        for container in (UPLOADS, RESULTS):
            for blob in self._blobs.listing(container):
                if blob.modified < oldest and self._blobs.delete(container, blob.name):
                    blobs += 1
        _log.info("swept", extra={"documents": documents, "blobs": blobs})


def _all_partitions(message: PurgeMessage) -> Iterable[str]:
    yield from partitions(message.incarnation, message.collection_kind.buckets)
    yield tombstone_partition(message.incarnation)
