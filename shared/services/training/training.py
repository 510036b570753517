"""Training: a queue message starts a run under a lease; one write puts its snapshot into use."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from shared.domain.clock import Clock
from shared.domain.collections import CollectionKey
from shared.domain.errors import NotTrained, TrainingNotFinished, Unavailable
from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection, TrainingRecord, TrainingStatus
from shared.services.messages import TrainingMessage, encode
from shared.services.queue_policy import (
    HEARTBEAT,
    LEASE,
    LOST_IN_ANY_CASE,
    TRAINING_ATTEMPTS,
    TRAINING_OUTLASTS,
    is_older,
    lease_holds,
)
from shared.services.training.builder import SnapshotBuilder
from shared.services.training.heartbeat import Heartbeat, LeaseLost
from shared.services.training.run_lease import RunLease, failed
from shared.services.training.writer import Untrainable
from shared.storage.account.queues import QueueSender
from shared.storage.layout import TRAINING_QUEUE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.trainings import StoredTraining, TrainingRecords
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, TaskKind

_log = logging.getLogger(__name__)

_EVERY_ATTEMPT_FAILED = "The training failed every time. Train again."
_NOT_QUEUED = "The training could not be queued. Train again."
_STARTS = 5
"""Attempts of a request while other writers that start no run (erasure, ``require_whole``) change
the record."""


class Training:
    """Accepts requests for trainings, carries them out and reports their status."""

    def __init__(
        self,
        collections: CollectionRecords,
        trainings: TrainingRecords,
        tasks: PendingTasks,
        builder: SnapshotBuilder,
        queues: QueueSender,
        new_id: IdFactory,
        clock: Clock,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._collections = collections
        self._trainings = trainings
        self._tasks = tasks
        self._builder = builder
        self._queues = queues
        self._new_id = new_id
        self._clock = clock
        self._sleep = sleep

    def request(self, key: CollectionKey) -> None:
        """Start a training; it runs when its message is delivered.

        A run that has waited for more than an hour without a worker gets a new message.

        Raises:
            CollectionNotFound: there is none.
            TrainingNotFinished: a run is waiting or under way, or every attempt to write the
                record conflicted.
        """
        for _ in range(_STARTS):
            collection = self._collections.get(key)
            stored = self._trainings.find(key)
            before = stored.record if stored and _belongs(collection, stored) else None
            if before is not None and before.status is TrainingStatus.RUNNING:
                if self._resend_if_lost(collection, before):
                    return
                break
            if self._start(collection, before, stored):
                return
        raise TrainingNotFinished(key.kind)

    def is_current(self, key: CollectionKey, incarnation: str) -> bool:
        """Whether the collection exists with this incarnation."""
        collection = self._collections.find(key)
        return collection is not None and collection.incarnation == incarnation

    def restore(self, key: CollectionKey, version: str) -> None:
        """Train again because a snapshot is missing; until then the collection is untrained.

        Does nothing if the version is no longer in use or a run is under way.

        Raises:
            CollectionNotFound: there is none.
            TrainingNotFinished: another process wrote the record meanwhile; call again.
        """
        collection = self._collections.get(key)
        stored = self._trainings.find(key)
        if stored is None or not _belongs(collection, stored) or stored.record.snapshot != version:
            return
        _log.error("a snapshot is missing; training again", extra={"version": version})
        untrained = replace(stored.record, snapshot=None, whole=True)
        if stored.record.status is TrainingStatus.RUNNING:
            self._trainings.write(key, untrained, stored)
        elif not self._start(collection, untrained, stored):
            raise TrainingNotFinished(key.kind)

    def require_whole(self, collection: Collection) -> bool:
        """Require that the next snapshot of a trained collection has all faces and is no delta.

        Returns:
            False if a run is under way or a concurrent write changed the record: call again later.
        """
        key = collection.key
        stored = self._trainings.find(key)
        if stored is None or not _belongs(collection, stored) or stored.record.snapshot is None:
            return True
        if stored.record.status is TrainingStatus.RUNNING:
            return False
        return self._trainings.write(key, replace(stored.record, whole=True), stored) is not None

    def retrain_if_required(self, collection: Collection) -> None:
        """Start the training that ``require_whole`` prepared, unless a run is under way.

        Raises:
            TrainingNotFinished: another process wrote the record meanwhile; call again.
        """
        stored = self._trainings.find(collection.key)
        if stored is None or not _belongs(collection, stored) or not stored.record.whole:
            return
        if stored.record.status is TrainingStatus.RUNNING:
            return
        if not self._start(collection, stored.record, stored):
            raise TrainingNotFinished(collection.key.kind)

    def status(self, key: CollectionKey) -> TrainingRecord:
        """The status of the latest training.

        Raises:
            CollectionNotFound: there is none.
            NotTrained: no training was ever requested.
        """
        collection = self._collections.get(key)
        stored = self._trainings.find(key)
        if stored is None or not _belongs(collection, stored):
            raise NotTrained(key.kind)
        return stored.record

    def version_in_use(self, collection: Collection) -> str | None:
        """The snapshot that searches of a collection read; None before the first success."""
        stored = self._trainings.find(collection.key)
        return stored.record.snapshot if stored and _belongs(collection, stored) else None

    def run(self, message: TrainingMessage) -> None:
        """Carry out a run; called once or more for every message.

        If another worker holds the lease, the message is sent again with a delay until the lease
        expires, so that waiting does not count as a delivery.
        """
        key = message.key
        collection = self._collections.find(key)
        stored = self._trainings.find(key)
        if collection is None or stored is None or not _is_for(message, collection, stored):
            _log.info("training message is void", extra={"run": message.run})
            self._tasks.discard(self._task(message))
            return
        if lease_holds(stored.record.lease_expires, self._clock.now()):
            delay = int(LEASE.total_seconds())
            self._queues.send(TRAINING_QUEUE, encode(message), delay=delay)
            return
        owner = self._new_id()
        run = RunLease(self._trainings, self._clock, key, stored, owner, self._sleep)
        if stored.record.attempts >= TRAINING_ATTEMPTS:
            run.fail(_EVERY_ATTEMPT_FAILED)
        else:
            self._attempt(run, collection)
        if run.record.status is not TrainingStatus.RUNNING:
            self._tasks.discard(self._task(message))

    def resume(self, task: PendingTask) -> bool:
        """Send the message of a run again.

        Returns:
            False if the run has ended.
        """
        stored = self._trainings.find(task.collection)
        if (
            stored is None
            or (stored.record.incarnation, stored.record.run) != (task.incarnation, task.run)
            or stored.record.status is not TrainingStatus.RUNNING
        ):
            return False
        if not lease_holds(stored.record.lease_expires, self._clock.now()):
            self._send(task)
        return True

    def _start(
        self, collection: Collection, before: TrainingRecord | None, stored: StoredTraining | None
    ) -> bool:
        """Write a running record and send its message.

        Args:
            before: the record whose snapshot stays in use until the run succeeds.

        Returns:
            False if another process has written the record since it was read.
        """
        key = collection.key
        now = self._clock.now()
        record = TrainingRecord(
            collection.incarnation,
            self._new_id(),
            TrainingStatus.RUNNING,
            created=now,
            last_action=now,
            last_success=None if before is None else before.last_success,
            snapshot=None if before is None else before.snapshot,
            whole=False if before is None else before.whole,
        )
        task = replace(PendingTask.about(TaskKind.TRAINING, collection, now), run=record.run)
        self._tasks.ensure(task)
        written = self._trainings.write(key, record, stored)
        if written is None:
            return False
        try:
            self._send(task)
        except BaseException:
            self._trainings.write(key, failed(record, _NOT_QUEUED, now), written)
            raise
        return True

    def _resend_if_lost(self, collection: Collection, record: TrainingRecord) -> bool:
        now = self._clock.now()
        if lease_holds(record.lease_expires, now):
            return False
        if not is_older(record.last_action, LOST_IN_ANY_CASE, now):
            return False
        task = PendingTask.about(TaskKind.TRAINING, collection, now)
        self._send(replace(task, run=record.run))
        return True

    def _send(self, task: PendingTask) -> None:
        key = task.collection
        message = TrainingMessage(key.kind.name, key.collection_id, task.incarnation, task.run)
        self._queues.send(TRAINING_QUEUE, encode(message))

    def _attempt(self, run: RunLease, collection: Collection) -> None:
        try:
            run.take()
            self._work(run, collection)
        except LeaseLost:
            _log.info("another worker has the training", extra={"run": run.record.run})
        except Untrainable as error:
            kind = type(error).__name__
            _log.info("training is not possible", extra={"run": run.record.run, "reason": kind})
            run.fail(str(error))
        except BaseException as error:
            if isinstance(error, Unavailable) and self._outlasts(run.record):
                run.release(uncounted=True)
            elif run.record.attempts >= TRAINING_ATTEMPTS:
                run.fail(_EVERY_ATTEMPT_FAILED)
            else:
                run.release()
            raise

    def _outlasts(self, record: TrainingRecord) -> bool:
        """Whether attempts that end because storage is unavailable do not count for this run."""
        return not is_older(record.created, TRAINING_OUTLASTS, self._clock.now())

    def _work(self, run: RunLease, collection: Collection) -> None:
        def beat(percent: int) -> None:
            run.renew(percent)
            _log.info("training", extra={"run": run.record.run, "percent": percent})

        with Heartbeat(beat, interval=HEARTBEAT.total_seconds()) as heartbeat:
            built = self._builder.build(
                collection, run.record.snapshot, heartbeat.progress, whole=run.record.whole
            )
        try:
            run.succeed(built.version)
        except LeaseLost:
            self._builder.discard(collection, built)
            raise
        numbers = {"run": run.record.run, "faces": built.faces, "persons": built.persons}
        _log.info("trained", extra=numbers)
        try:
            self._builder.settle(collection, built)
        except Unavailable:
            # The run has succeeded; the next training or erasure deletes the replaced snapshots.
            _log.warning("replaced snapshots were not removed", exc_info=True)

    def _task(self, message: TrainingMessage) -> PendingTask:
        return PendingTask(
            TaskKind.TRAINING,
            message.key,
            message.incarnation,
            self._clock.now(),
            run=message.run,
        )


def _belongs(collection: Collection, stored: StoredTraining) -> bool:
    """Whether a record belongs to this incarnation of the collection."""
    return stored.record.incarnation == collection.incarnation


def _is_for(message: TrainingMessage, collection: Collection, stored: StoredTraining) -> bool:
    """Whether a message names the run of the record, and that run has not ended."""
    return (
        collection.incarnation == message.incarnation
        and stored.record.run == message.run
        and stored.record.status is TrainingStatus.RUNNING
    )
