"""Periodic maintenance: everything that must happen without a request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from shared.services.deletion.housekeeping import Housekeeping
from shared.services.deletion.repair import Repair
from shared.services.deletion.unowned_data import UnownedData
from shared.services.pending_work import PendingWork
from shared.services.unknowns.upkeep import UnknownUpkeep
from shared.services.uploads.reconciliation import Reconciliation
from shared.storage.account.queues import QueueSender
from shared.storage.layout import POISON_QUEUES
from shared.storage.records.directory.deletions import DirectoryDeletions

_log = logging.getLogger(__name__)

POISON_REPORT = "poison messages are waiting"
"""Beginning of the log line that the alert in infra/app/alerts.bicep queries."""


class Maintenance:
    """The work of the timer."""

    def __init__(
        self,
        housekeeping: Housekeeping,
        reconciliation: Reconciliation,
        pending: PendingWork,
        repair: Repair,
        unowned: Sequence[UnownedData],
        queues: QueueSender,
        deletions: DirectoryDeletions,
        unknowns: UnknownUpkeep | None = None,
    ) -> None:
        self._housekeeping = housekeeping
        self._reconciliation = reconciliation
        self._pending = pending
        self._repair = repair
        self._unowned = unowned
        self._queues = queues
        self._deletions = deletions
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
            self._pending.send,
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
