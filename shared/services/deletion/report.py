"""Reports the progress of deletions from documents, marks, pending tasks and training records.

A complete deletion leaves nothing: it cannot be distinguished from an id that never existed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.domain.clock import Clock
from shared.domain.collections import (
    FACE_COLLECTIONS,
    TRAINED_COLLECTIONS,
    CollectionKey,
)
from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS
from shared.domain.values import (
    Collection,
    DeletionReport,
    DeletionStatus,
    Owed,
    OwedKind,
    TrainingStatus,
)
from shared.services.queue_policy import MAINTENANCE, PURGE_VERIFIED_AFTER
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.people import People
from shared.storage.records.collections.trainings import TrainingRecords
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.people import DirectoryPeople
from shared.storage.records.named_results import NamedResultRecords
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, TaskKind


class DeletionReports:
    """Determines what is left of deleted persons, faces and collections."""

    def __init__(
        self,
        collections: CollectionRecords,
        trainings: TrainingRecords,
        people: People,
        listed_faces: ListedFaces,
        marks: Marks,
        tasks: PendingTasks,
        directory: DirectoryPeople,
        directory_deletions: DirectoryDeletions,
        results: NamedResultRecords,
        clock: Clock,
    ) -> None:
        self._collections = collections
        self._trainings = trainings
        self._people = people
        self._listed_faces = listed_faces
        self._marks = marks
        self._tasks = tasks
        self._directory = directory
        self._directory_deletions = directory_deletions
        self._clock = clock
        self._results = results

    def of_collection(self, key: CollectionKey) -> DeletionReport:
        """The deletion of a collection, and of earlier ones with its id."""
        collection = self._collections.find(key)
        return _report(collection is not None, [*self._purges(key, collection)])

    def of_person(self, key: CollectionKey, person_id: str) -> DeletionReport:
        """The deletion of a person of a group."""
        collection = self._collections.find(key)
        if collection and self._people.find_many(collection, [person_id]) != [None]:
            return DeletionReport(DeletionStatus.EXISTING)
        return _report(False, self._owed(key, collection, person_id, None))

    def of_face(self, key: CollectionKey, person_id: str, face_id: str) -> DeletionReport:
        """The deletion of a face; in a list, ``person_id`` is the face's own id."""
        collection = self._collections.find(key)
        if collection and self._has_face(collection, person_id, face_id):
            return DeletionReport(DeletionStatus.EXISTING)
        return _report(False, self._owed(key, collection, person_id, face_id))

    def of_directory(self, person_id: str, face_id: str | None) -> DeletionReport:
        """The deletion of a person of the directory, or of one of its faces."""
        (person,) = self._directory.find_many([person_id])
        if person is not None:
            faces = [
                one for model in DIRECTORY_RECOGNITION_MODELS for one in person.faces_for(model)
            ]
            return _report(face_id is None or face_id in faces, ())
        swept = self._directory_deletions.is_complete(person_id)
        return _report(False, () if swept else [Owed(OwedKind.DOCUMENTS, None)])

    def _has_face(self, collection: Collection, person_id: str, face_id: str) -> bool:
        if collection.kind in FACE_COLLECTIONS:
            return self._listed_faces.find_many(collection, [face_id]) != [None]
        (person,) = self._people.find_many(collection, [person_id])
        return person is not None and face_id in person.persisted_face_ids

    def _owed(
        self,
        key: CollectionKey,
        collection: Collection | None,
        person_id: str,
        face_id: str | None,
    ) -> list[Owed]:
        """What is left of a person or face, in this collection and in deleted ones with its id."""
        marked = [] if collection is None else [*self._marked(collection, person_id, face_id)]
        return [*marked, *self._purges(key, collection)]

    def _marked(
        self, collection: Collection, person_id: str, face_id: str | None
    ) -> Iterator[Owed]:
        marks = [
            mark.announced
            for mark in self._marks.of_person(collection.incarnation, person_id)
            if mark.face_id in (None, face_id)
        ]
        task = PendingTask.about(TaskKind.DELETIONS, collection, self._clock.now())
        stored = self._tasks.find(task)
        repairing = stored is not None and stored.task.repair is not None
        if not marks and not repairing:
            return
        # Of several marks only the last one belongs to a committed deletion.
        until = None if repairing else self._ahead(max(marks) + MAINTENANCE)
        yield Owed(OwedKind.DOCUMENTS, until)
        yield from self._in_snapshot(collection, until)
        if marks and self._results.of(collection.incarnation, face_id or person_id):
            yield Owed(OwedKind.RESULTS, until)

    def _in_snapshot(self, collection: Collection, until: datetime | None) -> Iterator[Owed]:
        stored = self._trainings.find(collection.key)
        if stored is None or stored.record.incarnation != collection.incarnation:
            return
        if stored.record.status is TrainingStatus.RUNNING:
            yield Owed(OwedKind.SNAPSHOT, None)
        elif stored.record.snapshot is not None:
            yield Owed(OwedKind.SNAPSHOT, until)

    def _purges(self, key: CollectionKey, current: Collection | None) -> Iterator[Owed]:
        """What is left of deleted collections with this id."""
        for stored in self._tasks.all():
            task = stored.task
            if task.kind is not TaskKind.PURGE or task.collection != key:
                continue
            if current is not None and task.incarnation == current.incarnation:
                continue  # Its deletion has not committed.
            if task.done:
                until = self._ahead(task.since + PURGE_VERIFIED_AFTER + MAINTENANCE)
                yield Owed(OwedKind.VERIFICATION, until)
            else:
                # The timer repeats a message that is one period late, at its next round.
                until = self._ahead(task.since + 2 * MAINTENANCE)
                yield Owed(OwedKind.DOCUMENTS, until)
                if key.kind in TRAINED_COLLECTIONS:
                    yield Owed(OwedKind.SNAPSHOT, until)
                if self._results.some(task.incarnation, limit=1):
                    yield Owed(OwedKind.RESULTS, until)

    def _ahead(self, moment: datetime) -> datetime | None:
        """The time if it is in the future, otherwise None."""
        return moment if moment > self._clock.now() else None


def _report(exists: bool, owed: Sequence[Owed]) -> DeletionReport:
    if exists:
        return DeletionReport(DeletionStatus.EXISTING, tuple(owed))
    return DeletionReport(DeletionStatus.ERASING if owed else DeletionStatus.GONE, tuple(owed))
