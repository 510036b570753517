"""One worker at a time finishes the deletions of a collection."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.services.deletion.task_lease import TaskLease
from shared.services.queue_policy import LEASE
from shared.services.training.heartbeat import LeaseLost
from shared.storage.records.pending_tasks import PendingTask, StoredTask, TaskKind
from tests.unit.services.groups.trainable_group import TrainableGroup

SECOND = timedelta(seconds=1)


def stored(group: TrainableGroup) -> StoredTask:
    """The task as it is stored; written where there is none."""
    task = PendingTask.about(TaskKind.DELETIONS, group.collection, group.clock.now())
    group.tasks.ensure(task)
    found = group.tasks.find(task)
    assert found is not None
    return found


def take(group: TrainableGroup, owner: str) -> TaskLease | None:
    return TaskLease.take(group.tasks, group.clock, stored(group), owner)


def taken(group: TrainableGroup, owner: str) -> TaskLease:
    lease = take(group, owner)
    assert lease is not None
    return lease


def test_a_lease_holds_until_it_expires(group: TrainableGroup) -> None:
    first = taken(group, "first")
    assert first.task == stored(group).task
    assert first.task.owner == "first"
    assert first.task.worked == group.clock.now()
    group.clock.advance(LEASE - SECOND)
    assert take(group, "second") is None
    first.renew()
    group.clock.advance(LEASE - SECOND)
    assert take(group, "second") is None
    group.clock.advance(SECOND)
    assert taken(group, "second").task.owner == "second"


def test_of_two_that_read_the_same_task_one_takes_it(group: TrainableGroup) -> None:
    read = stored(group)
    assert TaskLease.take(group.tasks, group.clock, read, "first") is not None
    assert TaskLease.take(group.tasks, group.clock, read, "second") is None


def test_a_task_that_is_being_removed_is_open_again_once_it_is_taken(
    group: TrainableGroup,
) -> None:
    read = stored(group)
    group.tasks.write(replace(read.task, closing=True), read)
    found = group.tasks.find(read.task)
    assert found is not None
    lease = TaskLease.take(group.tasks, group.clock, found, "first")
    assert lease is not None
    assert not lease.task.closing
    assert lease.close().task.closing
    assert stored(group).task == replace(lease.task, closing=False), "a deletion opened it"
    lease.release()
    released = group.tasks.find(lease.task)
    assert released is not None
    assert not released.task.closing
    assert stored(group).task == replace(lease.task, owner=None, lease_expires=None, closing=False)
    assert taken(group, "second").task.owner == "second"


def test_what_a_worker_records_is_stored(group: TrainableGroup) -> None:
    lease = taken(group, "first")
    lease.advance(3)
    assert stored(group).task.repair == 3
    lease.advance(None)
    group.tasks.require_rewriting(lease.task)
    assert stored(group).task.rewrite
    lease.rewritten()
    assert (stored(group).task.repair, stored(group).task.rewrite) == (None, False)


def test_a_worker_whose_task_another_took_or_removed_stops(group: TrainableGroup) -> None:
    first = taken(group, "first")
    group.clock.advance(LEASE)
    second = taken(group, "second")
    for step in (first.renew, first.release, first.close, first.rewritten):
        with pytest.raises(LeaseLost):
            step()
    assert stored(group).task == second.task
    group.tasks.discard(second.task)
    with pytest.raises(LeaseLost):
        second.renew()


def test_a_deletion_that_reopens_the_task_does_not_end_the_lease(group: TrainableGroup) -> None:
    lease = taken(group, "first")
    lease.close()
    assert stored(group).task.owner == "first"
    lease.renew()
    assert stored(group).task.owner == "first"
