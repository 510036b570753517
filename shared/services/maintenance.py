"""Periodic maintenance: everything that must happen without a request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from shared.domain.clock import Clock
from shared.services.deletion.erasure import Erasure
from shared.services.deletion.housekeeping import Housekeeping
from shared.services.deletion.purge import CollectionPurge
from shared.services.deletion.repair import Repair
from shared.services.deletion.unowned_data import UnownedData
from shared.services.queue_policy import LOST_IN_ANY_CASE, LOST_WHEN_QUEUE_IS_EMPTY, is_older
from shared.services.training.quiet_training import TrainingWhenQuiet
from shared.services.training.training import Training
from shared.services.unknowns.upkeep import UnknownUpkeep
from shared.services.uploads.reconciliation import Reconciliation
from shared.storage.account.queues import QueueSender
from shared.storage.layout import POISON_QUEUES, TRAINING_QUEUE
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.pending_tasks import PendingTasks, StoredTask, TaskKind

_log = logging.getLogger(__name__)

POISON_REPORT = "poison messages are waiting"
"""Beginning of the log line that the alert in infra/app/alerts.bicep queries."""


class Maintenance:
    """The work of the timer.

    Queue functions execute pending tasks: the timer only sends their messages, in every round until
    the work is proven done.
    """

    def __init__(
        self,
        housekeeping: Housekeeping,
        reconciliation: Reconciliation,
        training: Training,
        when_quiet: TrainingWhenQuiet,
        erasure: Erasure,
        purge: CollectionPurge,
        repair: Repair,
        unowned: Sequence[UnownedData],
        tasks: PendingTasks,
        queues: QueueSender,
        deletions: DirectoryDeletions,
        clock: Clock,
        unknowns: UnknownUpkeep | None = None,
    ) -> None:
        self._housekeeping = housekeeping
        self._reconciliation = reconciliation
        self._training = training
        self._when_quiet = when_quiet
        self._erasure = erasure
        self._purge = purge
        self._repair = repair
        self._unowned = unowned
        self._tasks = tasks
        self._queues = queues
        self._deletions = deletions
        self._clock = clock
        self._unknowns = unknowns

    def run(self) -> None:
        """Run one round. Every step runs, even if another one has failed.

        Raises:
            Exception: the error of the first step that failed, after the last step.
        """
        first: Exception | None = None
        for step in self._steps():
            try:
                step()
            except Exception as error:  # noqa: BLE001 - raised below; the other steps must run
                _log.exception("a step of the maintenance failed")
                first = first or error
        if first is not None:
            raise first

    def _steps(self) -> tuple[Callable[[], object], ...]:
        return (
            self._report_poison,
            self._repair.enlist,
            *(search.run for search in self._unowned),
            self._send_pending,
            self._deletions.finish,
            self._housekeeping.sweep,
            self._reconciliation.reconcile,
            self._sweep_unknowns,
        )

    def _sweep_unknowns(self) -> None:
        if self._unknowns is not None:
            self._unknowns.step()

    def _report_poison(self) -> None:
        for queue in POISON_QUEUES:
            # A peek returns 32 at most.
            if waiting := len(self._queues.peek(queue)):
                _log.error("%s on %s: %d or more", POISON_REPORT, queue, waiting)

    def _send_pending(self) -> None:
        """Send a message for every pending task that is due."""
        queue_is_empty = not self._queues.peek(TRAINING_QUEUE, limit=1)
        for stored in self._tasks.all():
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
