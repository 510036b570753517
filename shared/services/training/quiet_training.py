"""Trains a collection automatically when no upload has enrolled a face in it for a while.

The first upload writes a pending task and sends a message that becomes visible after the quiet
period; later uploads only renew the task. If the collection is not quiet when the message arrives,
it is sent again; if it was lost, the maintenance timer sends it again.
"""

from __future__ import annotations

import logging
import math
from datetime import timedelta

from shared.domain.clock import Clock
from shared.domain.collections import TRAINED_COLLECTIONS
from shared.domain.errors import CollectionNotFound, TrainingNotFinished
from shared.domain.values import Collection
from shared.services.messages import TrainingMessage, encode
from shared.services.queue_policy import MAINTENANCE, is_older
from shared.services.training.training import Training
from shared.storage.account.queues import QueueSender
from shared.storage.layout import TRAINING_QUEUE
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, StoredTask, TaskKind

_log = logging.getLogger(__name__)

_RENEWALS = 4
"""Maximum number of renewals of the task in one quiet period, whatever the number of uploads."""


class TrainingWhenQuiet:
    """Records enrolments, and requests a training when they end.

    Args:
        quiet: seconds without an enrolment; 0: no training is requested.
    """

    def __init__(
        self,
        training: Training,
        tasks: PendingTasks,
        queues: QueueSender,
        clock: Clock,
        *,
        quiet: int,
    ) -> None:
        self._training = training
        self._tasks = tasks
        self._queues = queues
        self._clock = clock
        self._quiet = timedelta(seconds=quiet)

    def enrolled(self, collection: Collection) -> None:
        """Record that a face was enrolled; the collection is trained once it is quiet."""
        if not self._quiet or collection.kind not in TRAINED_COLLECTIONS:
            return
        now = self._clock.now()
        task = PendingTask.about(TaskKind.QUIET, collection, now)
        stored = self._tasks.find(task)
        if stored is None:
            self._tasks.ensure(task)
            self._send(task, self._quiet)
        elif is_older(stored.task.since, self._quiet / _RENEWALS, now):
            self._tasks.write(task, stored)

    def check(self, message: TrainingMessage) -> None:
        """Request the training if the collection is quiet; otherwise check again later."""
        now = self._clock.now()
        task = PendingTask(TaskKind.QUIET, message.key, message.incarnation, now)
        stored = self._tasks.find(task)
        if stored is None:
            return
        if not is_older(stored.task.since, self._quiet, now):
            self._send(task, stored.task.since + self._quiet - now)
            return
        try:
            self._request(stored.task)
        except TrainingNotFinished:
            self._send(task, self._quiet)
            return
        if not self._tasks.remove(stored):
            self._send(task, self._quiet)

    def send_if_lost(self, stored: StoredTask) -> None:
        """Send the message again if it is overdue; called by the maintenance timer."""
        if is_older(stored.task.since, self._quiet + MAINTENANCE, self._clock.now()):
            self._send(stored.task, timedelta())

    def _request(self, task: PendingTask) -> None:
        if not self._training.is_current(task.collection, task.incarnation):
            return
        try:
            self._training.request(task.collection)
        except CollectionNotFound:
            return
        _log.info("training after enrolments", extra={"incarnation": task.incarnation})

    def _send(self, task: PendingTask, delay: timedelta) -> None:
        key = task.collection
        message = TrainingMessage(key.kind.name, key.collection_id, task.incarnation, run="")
        seconds = math.ceil(delay.total_seconds())
        self._queues.send(TRAINING_QUEUE, encode(message), delay=seconds)
