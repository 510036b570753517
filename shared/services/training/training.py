"""Training: a message on a queue, a run under a lease, a snapshot, and one write that switches."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from shared.domain.clock import Clock
from shared.domain.collections import CollectionKey
from shared.domain.errors import Conflict, NotTrained, TrainingNotFinished
from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection, TrainingRecord, TrainingStatus
from shared.services.messages import TrainingMessage, encode
from shared.services.training.builder import SnapshotBuilder
from shared.services.training.heartbeat import Heartbeat, LostTraining
from shared.services.training.writer import Untrainable
from shared.storage.account.queues import QueueSender
from shared.storage.layout import TRAINING_QUEUE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.trainings import StoredTraining, TrainingRecords

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a worker is presumed alive after its last heartbeat."""

_HEARTBEAT_SECONDS = 10.0

STALE_AFTER = timedelta(minutes=15)
"""A run that nobody has touched for so long is dead: longer than a queue hides a message."""


class LeaseHeldElsewhere(Conflict):
    """Another worker holds the lease; the message should come again later."""


class Training:
    """Asks for trainings, runs them and tells how they stand."""

    def __init__(
        self,
        collections: CollectionRecords,
        trainings: TrainingRecords,
        builder: SnapshotBuilder,
        queues: QueueSender,
        new_id: IdFactory,
        clock: Clock,
    ) -> None:
        self._collections = collections
        self._trainings = trainings
        self._builder = builder
        self._queues = queues
        self._new_id = new_id
        self._clock = clock

    def request(self, key: CollectionKey) -> None:
        """Have a collection trained soon.

        Raises:
            CollectionNotFound: there is none.
            TrainingNotFinished: a run is under way, and not dead.
        """
        collection = self._collections.get(key)
        stored = self._trainings.find(key)
        if stored is not None and _of(collection, stored) and self.is_alive(stored.record):
            raise TrainingNotFinished(key.kind)
        run = self._new_id()
        record = self._new_record(collection, run, stored)
        written = self._trainings.write(key, record, stored)
        if written is None:
            raise TrainingNotFinished(key.kind)
        message = TrainingMessage(key.kind.name, key.collection_id, collection.incarnation, run)
        try:
            self._queues.send(TRAINING_QUEUE, encode(message))
        except BaseException:
            self._finish(key, written, "The training could not be queued. Train again.")
            raise

    def status(self, key: CollectionKey) -> TrainingRecord:
        """How the latest training stands; a dead one is failed.

        Raises:
            CollectionNotFound: there is none.
            NotTrained: no training was ever asked for.
        """
        collection = self._collections.get(key)
        stored = self._trainings.find(key)
        if stored is None or not _of(collection, stored):
            raise NotTrained(key.kind)
        record = stored.record
        if record.status is TrainingStatus.RUNNING and not self.is_alive(record):
            return self._finish(key, stored, "The training stopped unexpectedly. Train again.")
        return record

    def run(self, message: TrainingMessage, *, last_attempt: bool) -> None:
        """Carry a run out; called once or more for every message.

        Args:
            last_attempt: whether the queue will not deliver the message again after this.

        Raises:
            LeaseHeldElsewhere: another worker is at it; deliver the message again later.
        """
        key = message.key
        collection = self._collections.find(key)
        stored = self._trainings.find(key)
        if collection is None or stored is None or not _means(message, collection, stored):
            _log.info("training is void", extra={"run": message.run})
            return
        try:
            self._work(self._take(key, stored), collection)
        except LostTraining:
            _log.info("training was superseded", extra={"run": message.run})
        except Untrainable as error:
            kind = type(error).__name__
            _log.info("training is not possible", extra={"run": message.run, "reason": kind})
        except LeaseHeldElsewhere:
            raise
        except BaseException:
            if last_attempt:
                self.give_up(message)
            raise

    def give_up(self, message: TrainingMessage) -> None:
        """Turn a run that will not be tried again into a failed one, unless somebody is at it."""
        stored = self._trainings.find(message.key)
        if stored is None or stored.record.run != message.run:
            return
        record = stored.record
        if record.status is TrainingStatus.RUNNING and not self._leased(record):
            self._finish(message.key, stored, "The training failed every time. Train again.")

    def is_alive(self, record: TrainingRecord) -> bool:
        """Whether a run is under way, as far as one can tell."""
        if record.status is not TrainingStatus.RUNNING:
            return False
        return self._leased(record) or self._clock.now() - record.last_action < STALE_AFTER

    def _new_record(
        self, collection: Collection, run: str, stored: StoredTraining | None
    ) -> TrainingRecord:
        """A running record; what identification reads stays as it is until the run succeeds."""
        now = self._clock.now()
        record = TrainingRecord(
            collection.incarnation, run, TrainingStatus.RUNNING, created=now, last_action=now
        )
        if stored is None or not _of(collection, stored):
            return record
        before = stored.record
        return replace(
            record,
            last_success=before.last_success,
            snapshot=before.snapshot,
            erased=before.erased,
        )

    def _take(self, key: CollectionKey, stored: StoredTraining) -> _Run:
        if self._leased(stored.record):
            raise LeaseHeldElsewhere("Another worker is training the collection.")
        run = _Run(self._trainings, self._clock, key, stored)
        run.write(owner=self._new_id())
        return run

    def _work(self, run: _Run, collection: Collection) -> None:
        def beat(percent: int) -> None:
            run.write(percent=percent)
            _log.info("training", extra={"run": run.record.run, "percent": percent})

        try:
            with Heartbeat(beat, interval=_HEARTBEAT_SECONDS) as heartbeat:
                built = self._builder.build(collection, run.record.snapshot, heartbeat.progress)
        except Untrainable as error:
            self._finish(run.key, run.stored, str(error))
            raise
        except LostTraining:
            raise
        except BaseException:
            run.release()
            raise
        try:
            run.succeed(built.version)
        except LostTraining:
            self._builder.discard(collection, built)
            raise
        self._builder.settle(collection, built)
        numbers = {"run": run.record.run, "faces": built.faces, "persons": built.persons}
        _log.info("trained", extra=numbers)

    def _finish(self, key: CollectionKey, stored: StoredTraining, message: str) -> TrainingRecord:
        failed = replace(
            stored.record,
            status=TrainingStatus.FAILED,
            message=message,
            last_action=self._clock.now(),
            owner=None,
            lease_expires=None,
        )
        if self._trainings.write(key, failed, stored) is not None:
            return failed
        current = self._trainings.find(key)
        return failed if current is None else current.record

    def _leased(self, record: TrainingRecord) -> bool:
        return record.lease_expires is not None and record.lease_expires > self._clock.now()


class _Run:
    """A run that this worker holds the lease of."""

    def __init__(
        self, trainings: TrainingRecords, clock: Clock, key: CollectionKey, stored: StoredTraining
    ) -> None:
        self._trainings = trainings
        self._clock = clock
        self.key = key
        self.stored = stored

    @property
    def record(self) -> TrainingRecord:
        """The record as this worker wrote it last."""
        return self.stored.record

    def write(self, *, owner: str | None = None, percent: int | None = None) -> None:
        """Renew the lease and note progress.

        Raises:
            LostTraining: somebody else has written the record.
        """
        now = self._clock.now()
        record = replace(
            self.record,
            owner=owner or self.record.owner,
            percent=self.record.percent if percent is None else percent,
            last_action=now,
            lease_expires=now + LEASE,
        )
        self._put(record)

    def succeed(self, version: str) -> None:
        """Switch identification to a snapshot; status and pointer change in this one write.

        Raises:
            LostTraining: somebody else has written the record.
        """
        now = self._clock.now()
        record = replace(
            self.record,
            status=TrainingStatus.SUCCEEDED,
            last_action=now,
            last_success=now,
            snapshot=version,
            owner=None,
            lease_expires=None,
            percent=100,
        )
        self._put(record)

    def release(self) -> None:
        """After a failed attempt: let the next delivery of the message start at once."""
        free = replace(self.record, owner=None, lease_expires=None)
        self._trainings.write(self.key, free, self.stored)

    def _put(self, record: TrainingRecord) -> None:
        written = self._trainings.write(self.key, record, self.stored)
        if written is None:
            raise LostTraining
        self.stored = written


def _of(collection: Collection, stored: StoredTraining) -> bool:
    """Whether a record belongs to this life of the collection."""
    return stored.record.incarnation == collection.incarnation


def _means(message: TrainingMessage, collection: Collection, stored: StoredTraining) -> bool:
    """Whether a message speaks of the run that the record is about, and that run is not over."""
    return (
        collection.incarnation == message.incarnation
        and stored.record.run == message.run
        and stored.record.status is TrainingStatus.RUNNING
    )
