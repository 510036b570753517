"""Repairs data that was written with schema version 1, in which deletions could fail half-way.

It repairs faces whose person was deleted, persons and faces that exist although a tombstone hides
them, and tombstones, which it replaces by marks. After the upgrade the timer adds every collection
to the pending tasks; the worker that finishes deletions repairs one partition at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from shared.domain.clock import Clock
from shared.domain.collections import FACE_COLLECTIONS, TRAINED_COLLECTIONS
from shared.domain.values import Collection
from shared.services.training.training import Training
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import (
    MAXIMUM_BATCH_OPERATIONS,
    MAXIMUM_KEYS,
    Document,
    DocumentContainer,
)
from shared.storage.layout import DELTA_SUFFIX
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.deletions import CollectionDeletions
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.tombstones import TombstoneRecords, read_tombstones
from shared.storage.records.face_documents import FACE_PREFIX, PERSON_PREFIX, partitions
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, TaskKind
from shared.storage.records.repair_progress import RepairProgress, RepairProgressRecord

_log = logging.getLogger(__name__)


class Repair:
    """Finds the collections to repair, and repairs them partition by partition."""

    def __init__(
        self,
        people: DocumentContainer,
        collections: CollectionRecords,
        tombstones: TombstoneRecords,
        marks: Marks,
        deletions: CollectionDeletions,
        tasks: PendingTasks,
        progress: RepairProgressRecord,
        training: Training,
        clock: Clock,
    ) -> None:
        self._people = people
        self._collections = collections
        self._tombstones = tombstones
        self._marks = marks
        self._deletions = deletions
        self._tasks = tasks
        self._progress = progress
        self._training = training
        self._clock = clock

    def enlist(self) -> None:
        """Add up to 1,000 collections to the pending tasks, until all are there."""
        reached = self._progress.read()
        if reached.done:
            return
        kind = TRAINED_COLLECTIONS[reached.kind]
        found = self._collections.page(kind, start=reached.after, top=MAXIMUM_KEYS)
        for collection in found:
            self._enlist(collection)
        if len(found) == MAXIMUM_KEYS:
            following = replace(reached, after=found[-1].collection_id)
        else:
            last = reached.kind + 1 == len(TRAINED_COLLECTIONS)
            following = RepairProgress(kind=reached.kind + 1, done=last)
        self._progress.write(following)
        _log.info("collections to repair", extra={"collections": len(found)})

    def step(self, collection: Collection, partition: int) -> int | None:
        """Repair one partition; after the last one, finish.

        Args:
            partition: number of the partition, from 0.

        Returns:
            The partition to continue with, the same one while a training runs; None: all is done.
        """
        names = partitions(collection.incarnation, collection.kind.buckets)
        if partition == len(names):
            return self._finish(collection, partition)
        faces, existing = self._read(names[partition], collection)
        hidden = self._hidden(collection, existing)
        if hidden and not self._training.require_whole(collection):
            return partition
        shown = self._show(collection, hidden)
        orphans = [face for face in faces if face.key.id.split(".")[2] not in existing]
        for begin in range(0, len(orphans), MAXIMUM_BATCH_OPERATIONS):
            step = orphans[begin : begin + MAXIMUM_BATCH_OPERATIONS]
            self._deletions.remove_documents(names[partition], step)
        if orphans or shown:
            _log.warning(
                "deletions of an earlier version repaired",
                extra={"orphans": len(orphans), "shown": shown},
            )
        return partition + 1

    def _enlist(self, collection: Collection) -> None:
        task = PendingTask.about(TaskKind.DELETIONS, collection, self._clock.now())
        self._tasks.renew(replace(task, repair=0))

    def _read(self, partition: str, collection: Collection) -> tuple[list[Document], set[str]]:
        """The documents of a partition's faces, and the ids of persons and faces that exist.

        Faces are read before persons, so that a face that is added meanwhile is not an orphan.
        """
        faces = list(self._walk(partition, FACE_PREFIX, ()))
        if collection.kind in FACE_COLLECTIONS:
            return faces, {face.key.id.split(".")[2] for face in faces}
        existing: set[str] = set()
        for person in self._walk(partition, PERSON_PREFIX, ("persistedFaceIds",)):
            existing.add(person.key.id.removeprefix(PERSON_PREFIX))
            existing.update(person.body["persistedFaceIds"])
        return faces, existing

    def _hidden(self, collection: Collection, existing: set[str]) -> set[str]:
        """The existing ids that a tombstone names."""
        chunks = self._tombstones.chunks(collection.incarnation)
        return {one for chunk in chunks for one in read_tombstones(chunk)} & existing

    def _show(self, collection: Collection, hidden: set[str]) -> int:
        if hidden:
            self._tombstones.withdraw(collection.incarnation, hidden)
        return len(hidden)

    def _finish(self, collection: Collection, partition: int) -> int | None:
        """Replace the remaining tombstones by marks; train again if that is required."""
        if self._is_trained_by_deltas(collection) and not self._training.require_whole(collection):
            return partition
        chunks = self._tombstones.chunks(collection.incarnation)
        in_list = collection.kind in FACE_COLLECTIONS
        for chunk in chunks:
            for one in read_tombstones(chunk):
                self._marks.announce(collection.incarnation, one, one if in_list else None)
        self._tombstones.remove(chunks)
        self._training.retrain_if_required(collection)
        return None

    def _is_trained_by_deltas(self, collection: Collection) -> bool:
        """Whether a delta may omit a person that still exists after a failed deletion."""
        version = self._training.version_in_use(collection)
        return version is not None and version.endswith(DELTA_SUFFIX)

    def _walk(self, partition: str, prefix: str, members: tuple[str, ...]) -> Iterator[Document]:
        for page in pages_of(self._people, partition, prefix=prefix, members=members):
            yield from page
