"""The lease under which a worker carries out a training run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.domain.clock import Clock
from shared.domain.collections import CollectionKey
from shared.domain.errors import Unavailable
from shared.domain.values import TrainingRecord, TrainingStatus
from shared.services.queue_policy import LEASE
from shared.services.training.heartbeat import LeaseLost
from shared.storage.records.collections.trainings import StoredTraining, TrainingRecords

_log = logging.getLogger(__name__)

_LAST_WRITE_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between the attempts of the write that ends a run; half a minute in all, long enough for
a throttled store."""


class RunLease:
    """A training run and this worker's lease on it.

    If the response to a write is lost, the retry conflicts with the ETag of the write itself. After
    a conflict the record is therefore read again, and if run and owner are still this worker's, the
    write is repeated; only otherwise is the lease lost.

    Args:
        stored: the record as it was read.
        owner: the UUID of this attempt.
    """

    def __init__(
        self,
        trainings: TrainingRecords,
        clock: Clock,
        key: CollectionKey,
        stored: StoredTraining,
        owner: str,
        sleep: Callable[[float], None],
    ) -> None:
        self._trainings = trainings
        self._clock = clock
        self._owner = owner
        self._sleep = sleep
        self.key = key
        self.stored = stored

    @property
    def record(self) -> TrainingRecord:
        """The record as this worker last wrote it."""
        return self.stored.record

    def take(self) -> None:
        """Take the lease and count the attempt.

        Raises:
            LeaseLost: another worker wrote the record first.
        """
        now = self._clock.now()
        record = replace(
            self.record,
            owner=self._owner,
            attempts=self.record.attempts + 1,
            last_action=now,
            lease_expires=now + LEASE,
        )
        self._put(lambda _: record)

    def renew(self, percent: int) -> None:
        """Renew the lease and record the progress.

        Raises:
            LeaseLost: another worker has the run, or it was replaced or ended.
        """

        def renewed(record: TrainingRecord) -> TrainingRecord:
            now = self._clock.now()
            return replace(record, percent=percent, last_action=now, lease_expires=now + LEASE)

        self._put(renewed)

    def succeed(self, version: str) -> None:
        """Switch identification to a snapshot; status and pointer change in this one write.

        Raises:
            LeaseLost: another worker has the run, or it was replaced or ended.
            Unavailable: the record could not be written for half a minute.
        """

        def succeeded(record: TrainingRecord) -> TrainingRecord:
            now = self._clock.now()
            return replace(
                record,
                status=TrainingStatus.SUCCEEDED,
                last_action=now,
                last_success=now,
                snapshot=version,
                owner=None,
                lease_expires=None,
                percent=100,
                whole=False,
            )

        self._end(succeeded)

    def fail(self, message: str) -> None:
        """End the run as failed; the previous snapshot stays in use.

        Raises:
            LeaseLost: another worker has the run, or it was replaced or ended.
            Unavailable: the record could not be written for half a minute.
        """

        self._end(lambda record: failed(record, message, self._clock.now()))

    def release(self, *, uncounted: bool = False) -> None:
        """After a failed attempt, release the lease so that the next delivery can start at once.

        Args:
            uncounted: the attempt does not count.
        """

        def released(record: TrainingRecord) -> TrainingRecord:
            counted = record.owner == self._owner  # Not where the lease could not be taken.
            attempts = record.attempts - (uncounted and counted)
            return replace(record, attempts=attempts, owner=None, lease_expires=None)

        try:
            self._put(released)
        except (LeaseLost, Unavailable):
            _log.warning("the lease of a training was not released; it will expire")

    def _end(self, change: Callable[[TrainingRecord], TrainingRecord]) -> None:
        """Write the final record, with retries: the work would be lost with it."""
        for pause in _LAST_WRITE_PAUSES:
            try:
                return self._put(change)
            except Unavailable:
                self._sleep(pause)
        return self._put(change)

    def _put(self, change: Callable[[TrainingRecord], TrainingRecord]) -> None:
        """Write the record; repeats the write after a conflict if the lease is still held."""
        while True:
            record = change(self.record)
            written = self._trainings.write(self.key, record, self.stored)
            if written is not None:
                self.stored = written
                return
            current = self._trainings.find(self.key)
            if current is None or current.record.run != self.record.run:
                raise LeaseLost
            if _same_end(current.record, record):
                self.stored = current
                return
            if current.record.owner != self._owner:
                raise LeaseLost
            self.stored = current


def failed(record: TrainingRecord, message: str, now: datetime) -> TrainingRecord:
    """The record of a run that ended as failed."""
    return replace(
        record,
        status=TrainingStatus.FAILED,
        message=message,
        last_action=now,
        owner=None,
        lease_expires=None,
    )


def _same_end(stored: TrainingRecord, meant: TrainingRecord) -> bool:
    """Whether the write that ends a run succeeded, and only its response was lost."""
    return stored.status is not TrainingStatus.RUNNING and (
        stored.status,
        stored.snapshot,
        stored.message,
    ) == (meant.status, meant.snapshot, meant.message)
