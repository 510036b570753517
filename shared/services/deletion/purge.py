"""Deletes the data of deleted collections."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from shared.domain.clock import Clock
from shared.domain.collections import DYNAMIC_PERSON_GROUP
from shared.domain.directory import DynamicGroup
from shared.domain.errors import DocumentConflict, Unavailable
from shared.domain.values import Collection
from shared.domain.vectors import VectorVersion
from shared.services.messages import PurgeMessage, encode
from shared.services.queue_policy import (
    MAINTENANCE,
    PURGE_VERIFIED_AFTER,
    UNCOMMITTED_AFTER,
    is_older,
)
from shared.storage.account.blobs import BlobStore
from shared.storage.account.queues import QueueSender
from shared.storage.documents.store import Delete, DocumentContainer
from shared.storage.layout import (
    PURGE_QUEUE,
    SNAPSHOTS,
    snapshot_folder,
    snapshot_of,
)
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.tombstones import tombstone_partition
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.face_documents import partitions
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, StoredTask, TaskKind
from shared.storage.vectors.face_vectors import FaceVectors

_log = logging.getLogger(__name__)

_STEP = 100
_STEPS_PER_MESSAGE = 50


class Cache(Protocol):
    """A cache of faces."""

    def forget(self, incarnation: str) -> None:
        """Drop everything of a collection."""
        ...


class Results(Protocol):
    """The results of uploads."""

    def purge(self, incarnation: str, *, steps: int) -> bool:
        """Rewrite results that name a deleted collection, its persons or faces.

        Args:
            steps: maximum number of pages of results.

        Returns:
            Whether none is left.
        """
        ...


class CollectionPurge:
    """Deletes the data of a deleted collection: announced before the deletion, run after it."""

    def __init__(
        self,
        collections: CollectionRecords,
        people: DocumentContainer,
        blobs: BlobStore,
        queues: QueueSender,
        tasks: PendingTasks,
        caches: Sequence[Cache],
        memberships: Memberships,
        results: Results,
        clock: Clock,
        vectors: FaceVectors | None = None,
    ) -> None:
        self._collections = collections
        self._people = people
        self._blobs = blobs
        self._queues = queues
        self._tasks = tasks
        self._caches = caches
        self._memberships = memberships
        self._results = results
        self._clock = clock
        self._vectors = vectors

    def announce(self, collection: Collection) -> None:
        """Store the task of purging a collection; call it before every attempt to delete it."""
        self._tasks.renew(PendingTask.about(TaskKind.PURGE, collection, self._clock.now()))

    def request(self, collection: Collection) -> None:
        """Start a purge; call it after a collection was deleted."""
        self._forget(collection.incarnation)
        task = PendingTask.about(TaskKind.PURGE, collection, self._clock.now())
        self._tasks.ensure(task)
        try:
            self.send(task)
        except Unavailable:
            _log.warning("the timer will purge a deleted collection", exc_info=True)

    def send(self, task: PendingTask) -> None:
        """Send the message that purges a collection."""
        key = task.collection
        message = PurgeMessage(key.kind.name, key.collection_id, task.incarnation)
        self._queues.send(PURGE_QUEUE, encode(message))

    def is_due(self, task: PendingTask) -> bool:
        """Whether the timer should send a purge's message: it is late, or due for verification."""
        wait = PURGE_VERIFIED_AFTER if task.done else MAINTENANCE
        return is_older(task.since, wait, self._clock.now())

    def run(self, message: PurgeMessage) -> None:
        """Delete up to 5,000 documents of a deleted collection, then send a message for the rest.

        A purge is repeated once after an hour. It then deletes what was written after the first one
        by an addition or a training that was running, and what storage failed to delete.
        """
        task = PendingTask(TaskKind.PURGE, message.key, message.incarnation, self._clock.now())
        stored = self._tasks.find(task)
        collection = self._collections.find(message.key)
        if collection is not None and collection.incarnation == message.incarnation:
            self._withdraw(stored)
            return
        self._forget(message.incarnation)
        if not (
            self._sweep_documents(message)
            and self._sweep_snapshots(message)
            and self._results.purge(message.incarnation, steps=_STEPS_PER_MESSAGE)
        ):
            self._queues.send(PURGE_QUEUE, encode(message))
            return
        if stored is not None:
            self._record_purge(stored)
        _log.info("purged", extra={"incarnation": message.incarnation})

    def _withdraw(self, stored: StoredTask | None) -> None:
        """Remove the task of a failed deletion, unless it is recent: the collection exists."""
        now = self._clock.now()
        if stored is None or not is_older(stored.task.since, UNCOMMITTED_AFTER, now):
            return
        if self._collections.touch(stored.task.collection, stored.task.incarnation):
            self._tasks.remove(stored)

    def _record_purge(self, stored: StoredTask) -> None:
        now = self._clock.now()
        if not stored.task.done:
            self._tasks.write(replace(stored.task, done=True, since=now), stored)
        elif is_older(stored.task.since, PURGE_VERIFIED_AFTER, now):
            self._tasks.remove(stored)

    def _forget(self, incarnation: str) -> None:
        for cache in self._caches:
            cache.forget(incarnation)

    def _sweep_snapshots(self, message: PurgeMessage) -> bool:
        """Whether nothing is left, in the vector index either."""
        for blob in self._blobs.listing(SNAPSHOTS, prefix=snapshot_folder(message.incarnation)):
            version = VectorVersion.parse(snapshot_of(blob.name)[1])
            if version is not None and self._vectors is not None:
                swept = self._vectors.sweep(
                    message.incarnation, version, batches=_STEPS_PER_MESSAGE
                )
                if not swept:
                    return False
            self._blobs.delete(SNAPSHOTS, blob.name)
        return True

    def _sweep_documents(self, message: PurgeMessage) -> bool:
        """Whether nothing is left."""
        if message.collection_kind is DYNAMIC_PERSON_GROUP:
            group = DynamicGroup(message.collection_id, message.incarnation)
            return self._memberships.sweep(group, batches=_STEPS_PER_MESSAGE)
        steps = 0
        for partition in _all_partitions(message):
            while documents := self._people.page(partition, limit=_STEP, members=()):
                if steps == _STEPS_PER_MESSAGE:
                    return False
                steps += 1
                try:
                    self._people.batch(
                        partition, [Delete(document.key.id) for document in documents]
                    )
                except DocumentConflict:
                    # A concurrent delivery of the same message deletes them too; read what is left.
                    continue
        return True


def _all_partitions(message: PurgeMessage) -> Iterable[str]:
    yield from partitions(message.incarnation, message.collection_kind.buckets)
    yield tombstone_partition(message.incarnation)
