"""Snapshots of an older format, which are searched unchanged until they are rewritten."""

from __future__ import annotations

import logging

from shared.domain.clock import Clock
from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP
from shared.domain.errors import Unavailable
from shared.domain.values import Collection
from shared.services.messages import ErasureMessage, encode
from shared.storage.account.queues import QueueSender
from shared.storage.layout import ERASURE_QUEUE
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, TaskKind

_log = logging.getLogger(__name__)

_OF_PERSONS = (PERSON_GROUP, LARGE_PERSON_GROUP)


class OutdatedSnapshots:
    """Requests that outdated snapshots of persons are rewritten from their own vectors.

    A training would read documents instead, and so add faces that have not been trained yet.
    """

    def __init__(self, tasks: PendingTasks, queues: QueueSender, clock: Clock) -> None:
        self._tasks = tasks
        self._queues = queues
        self._clock = clock
        self._reported: set[str] = set()

    def report(self, collection: Collection, version: str) -> None:
        """Have a version rewritten; once per process, and the timer repeats a lost message."""
        if collection.kind not in _OF_PERSONS or version in self._reported:
            return
        task = PendingTask.about(TaskKind.DELETIONS, collection, self._clock.now())
        try:
            self._tasks.require_rewriting(task)
            self._queues.send(ERASURE_QUEUE, encode(ErasureMessage.of(collection)))
        except Unavailable:
            _log.warning("an outdated snapshot was not reported", exc_info=True)
            return
        self._reported.add(version)
        _log.info("a snapshot of an older format is searched and rewritten", extra={"run": version})
