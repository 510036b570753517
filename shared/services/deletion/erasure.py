"""Processes the messages of the erasure queue: finishes the deletions inside a collection.

The timer sends a message for every collection that has deletions to finish, so that a collection's
snapshot is rewritten at most once per period, however many deletions there were.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from shared.domain.clock import Clock
from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection
from shared.services.deletion.marked_deletions import MarkedDeletions, Outcome
from shared.services.deletion.repair import Repair
from shared.services.deletion.task_lease import TaskLease
from shared.services.messages import ErasureMessage, encode
from shared.services.queue_policy import HEARTBEAT, SHORTEST_ERASURE_PERIOD, is_older
from shared.services.training.heartbeat import Heartbeat, LeaseLost
from shared.storage.account.queues import QueueSender
from shared.storage.layout import ERASURE_QUEUE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.marks import Marks
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, StoredTask, TaskKind

_log = logging.getLogger(__name__)


class Erasure:
    """Finishes the deletions inside a collection; one worker at a time, under a lease.

    Args:
        deletions: completes the marked deletions.
        repair: repairs the remains of deletions by earlier versions; it comes first.
    """

    def __init__(
        self,
        collections: CollectionRecords,
        marks: Marks,
        tasks: PendingTasks,
        deletions: MarkedDeletions,
        repair: Repair,
        queues: QueueSender,
        new_id: IdFactory,
        clock: Clock,
    ) -> None:
        self._collections = collections
        self._marks = marks
        self._tasks = tasks
        self._deletions = deletions
        self._repair = repair
        self._queues = queues
        self._new_id = new_id
        self._clock = clock

    def send(self, task: PendingTask) -> None:
        """Send the message that finishes a collection's deletions."""
        key = task.collection
        message = ErasureMessage(key.kind.name, key.collection_id, task.incarnation)
        self._queues.send(ERASURE_QUEUE, encode(message))

    def run(self, message: ErasureMessage) -> None:
        """Finish the deletions of a collection, as far as that is possible now.

        Nothing happens where another worker does so, or did less than `SHORTEST_ERASURE_PERIOD`
        ago.
        """
        task = PendingTask(TaskKind.DELETIONS, message.key, message.incarnation, self._clock.now())
        collection = self._collections.find(message.key)
        if collection is None or collection.incarnation != message.incarnation:
            self._leave_to_purge(task)
            return
        if message.person_id is not None:
            # Schema version 1 wrote no task; only the message names what was deleted.
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
                finished = self._repaired(lease, collection) and self._complete(lease, collection)
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

    def _complete(self, lease: TaskLease, collection: Collection) -> bool:
        """Whether there was nothing to do: only then may the task be removed."""
        rewrite = lease.task.rewrite
        outcome = self._deletions.complete(collection, rewrite=rewrite)
        if outcome is Outcome.ERASED and rewrite:
            lease.rewritten()
        return outcome is Outcome.NOTHING_LEFT

    def _is_due(self, stored: StoredTask) -> bool:
        worked = stored.task.worked
        repairing = stored.task.repair is not None
        now = self._clock.now()
        return worked is None or repairing or is_older(worked, SHORTEST_ERASURE_PERIOD, now)

    def _leave_to_purge(self, task: PendingTask) -> None:
        """Replace the task of a deleted collection by one of its purge, which deletes its data."""
        if self._tasks.find(task) is not None:
            self._tasks.ensure(replace(task, kind=TaskKind.PURGE))
            self._tasks.discard(task)
