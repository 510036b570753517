"""Finishes the deletions inside a collection: sweeps documents and clears snapshots.

Searches leave out deleted persons and faces at once; this is about what is still stored: faces that
did not fit into the write that committed, and embeddings in snapshots and in the vector index. The
timer sends a message for every collection that has deletions to finish, so that a collection's
snapshot is rewritten at most once a period, however many deletions there were. What is trained
stays trained: no face that was added since comes into a snapshot.

A mark is removed when its documents are proven gone, from the database's files too, no result of an
upload names what it names, no training is under way and the snapshot in use was replaced by one
without it, or never held it. A training that starts later reads neither the document nor the
embedding.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.clock import Clock
from shared.domain.collections import FACE_COLLECTIONS
from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection, TrainingRecord, TrainingStatus
from shared.domain.vectors import VectorVersion
from shared.gallery.snapshots.format import TornSnapshot
from shared.services.deletion.repair import Repair
from shared.services.deletion.snapshot_eraser import SnapshotEraser, SnapshotMissing
from shared.services.deletion.task_lease import TaskLease
from shared.services.messages import ErasureMessage, encode
from shared.services.queue_policy import (
    HEARTBEAT,
    SHORTEST_ERASURE_PERIOD,
    UNCOMMITTED_AFTER,
    is_older,
)
from shared.services.training.builder import SnapshotBuilder
from shared.services.training.heartbeat import Heartbeat, LeaseLost
from shared.services.training.training import Training
from shared.storage.account.queues import QueueSender
from shared.storage.documents.store import DocumentStore
from shared.storage.layout import ERASURE_QUEUE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.deletions import CollectionDeletions
from shared.storage.records.collections.marks import Mark, Marks
from shared.storage.records.collections.trainings import StoredTraining, TrainingRecords
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, StoredTask, TaskKind
from shared.storage.vectors.face_vectors import FaceVectors

_log = logging.getLogger(__name__)


class Copies(Protocol):
    """What erasure needs of a cache of snapshots, or of what was computed from them."""

    def drop(self, incarnation: str) -> None:
        """Drop what comes from a collection's snapshots."""
        ...


class Results(Protocol):
    """What erasure needs of the results of uploads."""

    def erase(self, incarnation: str, deleted_ids: Iterable[str]) -> None:
        """Rewrite every result that names deleted persons or faces of a collection."""
        ...


class Erasure:
    """Removes deleted persons and faces from everything that is stored.

    Args:
        store: the database, which erases the bytes of deleted documents.
        training: trains again where a snapshot is missing or damaged.
        builder: removes the snapshots that were replaced.
        copies: the caches of this instance, and what was computed from snapshots.
        results: results of uploads.
        vectors: the vector index; None: there is none.
        marks_kept: how old a mark must be to be removed, for those who follow it.
    """

    def __init__(
        self,
        store: DocumentStore,
        collections: CollectionRecords,
        trainings: TrainingRecords,
        marks: Marks,
        deletions: CollectionDeletions,
        tasks: PendingTasks,
        training: Training,
        builder: SnapshotBuilder,
        eraser: SnapshotEraser,
        repair: Repair,
        copies: Sequence[Copies],
        results: Results,
        queues: QueueSender,
        new_id: IdFactory,
        clock: Clock,
        vectors: FaceVectors | None = None,
        *,
        marks_kept: timedelta,
    ) -> None:
        self._store = store
        self._collections = collections
        self._trainings = trainings
        self._marks = marks
        self._deletions = deletions
        self._tasks = tasks
        self._training = training
        self._builder = builder
        self._eraser = eraser
        self._repair = repair
        self._copies = copies
        self._results = results
        self._queues = queues
        self._new_id = new_id
        self._clock = clock
        self._vectors = vectors
        self._marks_kept = marks_kept

    def send(self, task: PendingTask) -> None:
        """Send the message that has a collection's deletions finished."""
        key = task.collection
        message = ErasureMessage(key.kind.name, key.collection_id, task.incarnation)
        self._queues.send(ERASURE_QUEUE, encode(message))

    def run(self, message: ErasureMessage) -> None:
        """Finish the deletions of a collection, as far as that is possible now.

        Nothing happens where another worker does so, or did a moment ago.
        """
        task = PendingTask(TaskKind.DELETIONS, message.key, message.incarnation, self._clock.now())
        collection = self._collections.find(message.key)
        if collection is None or collection.incarnation != message.incarnation:
            self._leave_to_purge(task)
            return
        if message.person_id is not None:
            # Version 1 wrote no task and named what it deleted in the message alone.
            self._marks.announce(collection.incarnation, message.person_id, message.face_id)
            self._tasks.ensure(task)
        stored = self._tasks.find(task)
        if stored is None or not self._is_due(stored):
            return
        lease = TaskLease.take(self._tasks, self._clock, stored, self._new_id())
        if lease is not None:
            self._work(lease, collection)

    def _work(self, lease: TaskLease, collection: Collection) -> None:
        try:
            with Heartbeat(lambda _: lease.renew(), interval=HEARTBEAT.total_seconds()):
                finished = self._repaired(lease, collection) and self._finish(lease, collection)
            if finished:
                closed = lease.close()
                if not self._marks.any(collection.incarnation) and self._tasks.remove(closed):
                    return
            lease.release()
        except LeaseLost:
            _log.info("another worker finishes the deletions")

    def _repaired(self, lease: TaskLease, collection: Collection) -> bool:
        """Whether nothing is left to repair; otherwise one step was done."""
        partition = lease.task.repair
        if partition is None:
            return True
        following = self._repair.step(collection, partition)
        lease.advance(following)
        if following is not None and following != partition:
            self.send(lease.task)
        return following is None

    def _finish(self, lease: TaskLease, collection: Collection) -> bool:
        """Whether there was nothing to do: only then the task may go."""
        marks = self._marks.all(collection.incarnation)
        if not marks and not lease.task.rewrite:
            return self._tidy(collection, self._trainings.find(collection.key))
        now = self._clock.now()
        committed: list[Mark] = []
        for mark, counts in zip(marks, self._marks.committed(collection, marks), strict=True):
            if counts:
                committed.append(mark)
            elif is_older(mark.announced, UNCOMMITTED_AFTER, now):
                self._deletions.withdraw(collection, mark)
        self._sweep(collection, committed)
        self._results.erase(collection.incarnation, {mark.deleted_id for mark in committed})
        if not committed and not lease.task.rewrite:
            return False
        if self._erase(collection, committed) and self._store.erase_deleted():
            self._marks.remove(collection.incarnation, self._old_enough(committed, now))
            if lease.task.rewrite:
                lease.rewritten()
            _log.info("deletions finished", extra={"deletions": len(committed)})
        return False

    def _old_enough(self, marks: Sequence[Mark], now: datetime) -> list[Mark]:
        return [mark for mark in marks if is_older(mark.announced, self._marks_kept, now)]

    def _sweep(self, collection: Collection, committed: Sequence[Mark]) -> None:
        if collection.kind in FACE_COLLECTIONS:
            return
        for person_id in {mark.person_id for mark in committed if mark.face_id is None}:
            self._deletions.sweep(collection, person_id)

    def _tidy(self, collection: Collection, stored: StoredTraining | None) -> bool:
        """Remove replaced snapshots once more: deletions of blobs may have been lost."""
        record = _record_of(collection, stored)
        if record is None or record.snapshot is None:
            return True
        if record.status is TrainingStatus.RUNNING:
            return False
        self._builder.tidy(collection, record.snapshot)
        return True

    def _erase(self, collection: Collection, committed: Sequence[Mark]) -> bool:
        """Whether no snapshot in use or on its way can hold what was deleted."""
        # Read after the sweep: a training that starts from here on cannot read the documents.
        stored = self._trainings.find(collection.key)
        record = _record_of(collection, stored)
        if stored is None or record is None:
            return True
        if record.status is TrainingStatus.RUNNING:
            return False
        version = record.snapshot
        if version is None:
            return True
        indexed = VectorVersion.parse(version)
        if indexed is not None:
            return self._erase_vectors(collection, indexed, committed)
        deleted = frozenset(mark.deleted_id for mark in committed)
        try:
            rewritten = self._eraser.erase(collection, version, deleted)
        except (SnapshotMissing, TornSnapshot):
            self._training.restore(collection.key, version)
            return False
        if rewritten is None:
            return True
        changed = replace(record, snapshot=rewritten.version)
        if self._trainings.write(collection.key, changed, stored) is None:
            self._builder.discard(collection, rewritten)
            return False
        self._builder.settle(collection, rewritten)
        for copies in self._copies:
            copies.drop(collection.incarnation)
        _log.info("erased", extra={"faces": rewritten.faces, "persons": rewritten.persons})
        return True

    def _erase_vectors(
        self, collection: Collection, version: VectorVersion, committed: Sequence[Mark]
    ) -> bool:
        if self._vectors is None:
            return False
        for mark in committed:
            self._vectors.erase(collection.incarnation, version, mark.person_id, mark.face_id)
        return True

    def _is_due(self, stored: StoredTask) -> bool:
        worked = stored.task.worked
        repairing = stored.task.repair is not None
        now = self._clock.now()
        return worked is None or repairing or is_older(worked, SHORTEST_ERASURE_PERIOD, now)

    def _leave_to_purge(self, task: PendingTask) -> None:
        """A deletion that met the deletion of its collection: what it wrote is purged with it."""
        if self._tasks.find(task) is not None:
            self._tasks.ensure(replace(task, kind=TaskKind.PURGE))
            self._tasks.discard(task)


def _record_of(collection: Collection, stored: StoredTraining | None) -> TrainingRecord | None:
    if stored is None or stored.record.incarnation != collection.incarnation:
        return None
    return stored.record
