"""The lease under which one worker at a time finishes the deletions of a collection."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.clock import Clock
from shared.services.queue_policy import LEASE, lease_holds
from shared.services.training.heartbeat import LeaseLost
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, StoredTask


class TaskLease:
    """A pending task whose lease this worker holds.

    Args:
        stored: the task as last written by this worker.
    """

    def __init__(self, tasks: PendingTasks, clock: Clock, stored: StoredTask) -> None:
        self._tasks = tasks
        self._clock = clock
        self._stored = stored

    @classmethod
    def take(
        cls, tasks: PendingTasks, clock: Clock, stored: StoredTask, owner: str
    ) -> TaskLease | None:
        """Take the lease; None if another worker holds it, or takes it at the same time."""
        now = clock.now()
        if lease_holds(stored.task.lease_expires, now):
            return None
        task = replace(
            stored.task, owner=owner, lease_expires=now + LEASE, worked=now, closing=False
        )
        written = tasks.write(task, stored)
        return None if written is None else cls(tasks, clock, written)

    @property
    def task(self) -> PendingTask:
        """The task as last written by this worker."""
        return self._stored.task

    def renew(self) -> None:
        """Renew the lease.

        Raises:
            LeaseLost: another worker has the task.
        """
        self._put(replace(self.task, lease_expires=self._clock.now() + LEASE))

    def advance(self, repair: int | None) -> None:
        """Record the next partition to repair; None: the repair is done.

        Raises:
            LeaseLost: another worker has the task.
        """
        self._put(replace(self.task, repair=repair))

    def rewritten(self) -> None:
        """Record that the snapshot was rewritten.

        Raises:
            LeaseLost: another worker has the task.
        """
        self._put(replace(self.task, rewrite=False))

    def release(self) -> None:
        """End the lease before it expires.

        Raises:
            LeaseLost: another worker has the task.
        """
        self._put(replace(self.task, owner=None, lease_expires=None, closing=False))

    def close(self) -> StoredTask:
        """Mark the task as about to be removed; a deletion that begins after this reopens it.

        Raises:
            LeaseLost: another worker has the task.
        """
        self._put(replace(self.task, closing=True))
        return self._stored

    def _put(self, task: PendingTask) -> None:
        while True:
            written = self._tasks.write(task, self._stored)
            if written is not None:
                self._stored = written
                return
            current = self._tasks.find(task)
            if current is None or current.task.owner != self.task.owner:
                raise LeaseLost
            self._stored = current
