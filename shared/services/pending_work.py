"""Sends the queue messages of pending tasks, again until the work of each is proven done."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.clock import Clock
from shared.services.deletion.erasure import Erasure
from shared.services.deletion.purge import CollectionPurge
from shared.services.queue_policy import LOST_IN_ANY_CASE, LOST_WHEN_QUEUE_IS_EMPTY, is_older
from shared.services.training.quiet_training import TrainingWhenQuiet
from shared.services.training.training import Training
from shared.storage.account.queues import QueueSender
from shared.storage.layout import TRAINING_QUEUE
from shared.storage.records.pending_tasks import PendingTasks, StoredTask, TaskKind

_OUTAGE = 3
"""Failures in a row after which the other tasks wait for the next round."""


class PendingWork:
    """Pending tasks, which queue functions execute: here only their messages are sent."""

    def __init__(
        self,
        tasks: PendingTasks,
        queues: QueueSender,
        erasure: Erasure,
        purge: CollectionPurge,
        training: Training,
        when_quiet: TrainingWhenQuiet,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._queues = queues
        self._erasure = erasure
        self._purge = purge
        self._training = training
        self._when_quiet = when_quiet
        self._clock = clock

    def send(self) -> None:
        """Send a message for every pending task that is due; one that fails delays no other.

        Raises:
            Exception: the error of the first task that failed, after the last task, or after
                several failures in a row.
        """
        queue_is_empty = not self._queues.peek(TRAINING_QUEUE, limit=1)
        first: Exception | None = None
        in_a_row = 0
        for stored in self._tasks.all():
            try:
                self._send(stored, queue_is_empty=queue_is_empty)
                in_a_row = 0
            except Exception as error:  # noqa: BLE001 - raised below; other tasks come first
                first = first or error
                in_a_row += 1
                if in_a_row == _OUTAGE:
                    break
        if first is not None:
            raise first

    def _send(self, stored: StoredTask, *, queue_is_empty: bool) -> None:
        match stored.task.kind:
            case TaskKind.DELETIONS:
                self._erasure.send(stored.task)
            case TaskKind.PURGE:
                if self._purge.is_due(stored.task):
                    self._purge.send(stored.task)
            case TaskKind.QUIET:
                self._when_quiet.send_if_lost(stored)
            case TaskKind.TRAINING:
                self._resume_if_lost(stored, queue_is_empty=queue_is_empty)

    def _resume_if_lost(self, stored: StoredTask, *, queue_is_empty: bool) -> None:
        now = self._clock.now()
        wait = LOST_WHEN_QUEUE_IS_EMPTY if queue_is_empty else LOST_IN_ANY_CASE
        if not is_older(stored.task.since, wait, now):
            return
        if self._training.resume(stored.task):
            self._tasks.write(replace(stored.task, since=now), stored)
        else:
            self._tasks.remove(stored)
