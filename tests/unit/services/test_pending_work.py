"""The messages of pending tasks: one task that fails delays no other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey
from shared.domain.errors import Unavailable
from shared.services.pending_work import PendingWork
from shared.services.queue_policy import MAINTENANCE
from shared.storage.layout import PURGE_QUEUE
from shared.storage.records.pending_tasks import PendingTask, TaskKind
from tests.unit.services.groups.trainable_group import TrainableGroup

INCARNATIONS = [f"{number}0000000-0000-4000-8000-000000000000" for number in range(8)]


class FailingSender:
    """A QueueSender that some messages fail in."""

    def __init__(self, failing: Sequence[str]) -> None:
        self._failing = failing
        self.sent: list[str] = []

    def send(self, queue: str, text: str, *, delay: int = 0) -> None:
        """See QueueSender."""
        assert queue == PURGE_QUEUE
        if any(one in text for one in self._failing):
            raise Unavailable("This message cannot be sent.")
        self.sent.append(text)

    def peek(self, queue: str, *, limit: int = 32) -> list[str]:
        """See QueueSender."""
        return []


def purge_of(incarnation: str, since: datetime) -> PendingTask:
    key = CollectionKey(LARGE_PERSON_GROUP, "gone")
    return PendingTask(TaskKind.PURGE, key, incarnation, since)


def send_with(group: TrainableGroup, sender: FailingSender, patch: pytest.MonkeyPatch) -> None:
    """A round over a purge of each incarnation."""
    for incarnation in INCARNATIONS:
        group.tasks.ensure(purge_of(incarnation, group.clock.now()))
    group.clock.advance(2 * MAINTENANCE)
    patch.setattr(group.collection_purge, "_queues", sender)
    work = PendingWork(
        group.tasks,
        sender,
        group.erasure,
        group.collection_purge,
        group.training,
        group.when_quiet,
        group.clock,
    )
    with pytest.raises(Unavailable):
        work.send()


def test_a_task_that_fails_delays_no_other(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = FailingSender([INCARNATIONS[0], INCARNATIONS[1], INCARNATIONS[4]])
    send_with(group, sender, monkeypatch)
    assert len(sender.sent) == len(INCARNATIONS) - 3


def test_a_round_ends_where_several_tasks_fail_in_a_row(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = FailingSender(INCARNATIONS[2:5])
    send_with(group, sender, monkeypatch)
    assert len(sender.sent) == 2
