"""What the timer does: sweep, reconcile, and bury dead trainings."""

from __future__ import annotations

import logging

import msgspec

from shared.services.deletion.retention import Housekeeping
from shared.services.messages import TrainingMessage
from shared.services.training.training import Training
from shared.services.uploads.reconciliation import Reconciliation
from shared.storage.account.queues import QueueSender
from shared.storage.layout import POISON_QUEUES, TRAINING_QUEUE, poison_queue
from shared.storage.records.directory.deletions import DirectoryDeletions

_log = logging.getLogger(__name__)

POISON_REPORT = "poison messages are waiting"
"""How the log line begins that the alert in infra/app/alerts.bicep looks for."""


class Maintenance:
    """Keeps promises that no request is there to keep."""

    def __init__(
        self,
        housekeeping: Housekeeping,
        reconciliation: Reconciliation,
        training: Training,
        queues: QueueSender,
        deletions: DirectoryDeletions,
    ) -> None:
        self._housekeeping = housekeeping
        self._reconciliation = reconciliation
        self._training = training
        self._queues = queues
        self._deletions = deletions

    def run(self) -> None:
        """One round; a fault ends it, and the next round starts anew."""
        self._report_poison()
        self._bury_dead_trainings()
        self._deletions.finish()
        self._housekeeping.sweep()
        self._reconciliation.reconcile()

    def _report_poison(self) -> None:
        for queue in POISON_QUEUES:
            # A peek shows 32 at most: enough to say that somebody should look.
            if waiting := len(self._queues.peek(queue)):
                _log.error("%s on %s: %d or more", POISON_REPORT, queue, waiting)

    def _bury_dead_trainings(self) -> None:
        """A training whose message is on the poison queue will not be tried again: it failed."""
        for text in self._queues.peek(poison_queue(TRAINING_QUEUE)):
            try:
                message = msgspec.json.decode(text, type=TrainingMessage)
            except msgspec.MsgspecError:
                _log.warning("a poison message is no training message")
                continue
            self._training.give_up(message)
