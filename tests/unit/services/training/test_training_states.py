"""What becomes of a training run that is repeated, abandoned, superseded or given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.domain.collections import CollectionKey
from shared.domain.errors import (
    CollectionNotFound,
    NotTrained,
    TrainingNotFinished,
    Unavailable,
)
from shared.domain.values import Collection, TrainingRecord, TrainingStatus
from shared.services.queue_policy import (
    CLOCK_SKEW,
    LEASE,
    LOST_IN_ANY_CASE,
    LOST_WHEN_QUEUE_IS_EMPTY,
    REDELIVERY,
    TRAINING_ATTEMPTS,
    TRAINING_OUTLASTS,
)
from shared.storage.layout import TRAINING_QUEUE
from shared.storage.records.collections.trainings import StoredTraining
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture
def group(tmp_path: Path) -> Iterator[TrainableGroup]:
    group = TrainableGroup(tmp_path)
    group.add_person()
    yield group
    group.store.close()


def lease(group: TrainableGroup) -> None:
    """What a worker leaves that has begun the run and is not heard of again."""
    stored = group.trainings.find(group.key)
    assert stored is not None
    leased = replace(stored.record, owner=new_id(), lease_expires=group.clock.now() + LEASE)
    assert group.trainings.write(group.key, leased, stored) is not None


def make_again(group: TrainableGroup) -> None:
    """Delete the collection and make it again under the same id.

    A request that began before writes its record after that.
    """
    stored = group.trainings.find(group.key)
    group.collections.delete(group.key, group.collection.incarnation)
    group.collections.create(
        Collection(group.key.kind, "people", "again", "recognition_04", new_id())
    )
    if stored is not None:
        assert group.trainings.write(group.key, stored.record, None) is not None


def test_a_second_training_is_refused_while_the_first_runs(group: TrainableGroup) -> None:
    group.training.request(group.key)
    with pytest.raises(TrainingNotFinished):
        group.training.request(group.key)
    assert len(group.training_messages) == 1


def test_a_message_that_comes_twice_trains_once(group: TrainableGroup) -> None:
    group.train()
    snapshots = group.snapshots()
    group.training.run(group.message())
    assert group.snapshots() == snapshots


def test_an_expired_lease_is_taken_over(group: TrainableGroup) -> None:
    group.training.request(group.key)
    lease(group)
    group.training.run(group.message())
    assert group.training.status(group.key).status is TrainingStatus.RUNNING
    group.clock.advance(LEASE)
    group.training.run(group.message())
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_waiting_for_a_lease_uses_no_delivery_and_no_attempt(group: TrainableGroup) -> None:
    group.training.request(group.key)
    lease(group)
    for _ in range(3 * TRAINING_ATTEMPTS):
        group.training.run(group.message())
    delays = [message.delay for message in group.queue.sent]
    assert delays[1:] == [LEASE.seconds] * 3 * TRAINING_ATTEMPTS
    assert group.training.status(group.key).attempts == 0


def test_a_training_that_waits_for_a_day_is_still_running_and_then_succeeds(
    group: TrainableGroup,
) -> None:
    group.training.request(group.key)
    group.clock.advance(timedelta(days=1))
    assert group.training.status(group.key).status is TrainingStatus.RUNNING
    group.training.run(group.message())
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_a_request_sends_the_message_of_a_run_again_that_waited_too_long(
    group: TrainableGroup,
) -> None:
    group.training.request(group.key)
    group.clock.advance(LOST_IN_ANY_CASE - timedelta(seconds=1))
    with pytest.raises(TrainingNotFinished):
        group.training.request(group.key)
    group.clock.advance(timedelta(seconds=1))
    group.training.request(group.key)
    first, second = group.training_messages
    assert first == second


def test_a_request_sends_no_message_again_while_a_worker_has_the_run(group: TrainableGroup) -> None:
    group.training.request(group.key)
    group.clock.advance(LOST_IN_ANY_CASE)
    lease(group)
    with pytest.raises(TrainingNotFinished):
        group.training.request(group.key)


def test_a_lease_from_before_the_clock_was_set_back_does_not_hold(group: TrainableGroup) -> None:
    group.training.request(group.key)
    lease(group)
    group.clock.advance(-timedelta(hours=1))
    group.training.run(group.message())
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_a_lease_of_a_machine_whose_clock_is_a_little_ahead_holds(group: TrainableGroup) -> None:
    group.training.request(group.key)
    lease(group)
    group.clock.advance(-CLOCK_SKEW)
    group.training.run(group.message())
    assert group.training.status(group.key).status is TrainingStatus.RUNNING


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=-1), timedelta(days=1)])
def test_a_run_whose_message_was_lost_goes_on_after_a_clock_step(
    group: TrainableGroup, step: timedelta
) -> None:
    group.training.request(group.key)
    lease(group)
    group.queue.take(TRAINING_QUEUE)
    group.clock.advance(step)
    group.send_pending()
    group.training.run(group.message())
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_a_lost_message_is_sent_again_by_the_timer(group: TrainableGroup) -> None:
    group.training.request(group.key)
    group.queue.take(TRAINING_QUEUE)
    group.send_pending()
    assert group.training_messages == [], "it may be on its way"
    group.clock.advance(LOST_WHEN_QUEUE_IS_EMPTY)
    group.send_pending()
    group.training.run(group.message())
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED
    assert list(group.tasks.all()) == []


def test_a_message_that_waits_in_a_long_queue_is_sent_once_an_hour(group: TrainableGroup) -> None:
    group.training.request(group.key)
    for _ in range(36):
        group.clock.advance(timedelta(minutes=5))
        group.send_pending()
    assert len(group.training_messages) == 1 + 3


def test_the_timer_leaves_a_run_alone_that_a_worker_has(group: TrainableGroup) -> None:
    group.training.request(group.key)
    group.queue.take(TRAINING_QUEUE)
    group.clock.advance(LOST_WHEN_QUEUE_IS_EMPTY)
    lease(group)
    group.send_pending()
    assert group.training_messages == []
    group.clock.advance(LOST_WHEN_QUEUE_IS_EMPTY)
    group.send_pending()
    assert len(group.training_messages) == 1


def test_the_timer_drops_the_task_of_a_run_that_has_ended(group: TrainableGroup) -> None:
    group.training.request(group.key)
    (task,) = [stored.task for stored in group.tasks.all()]
    group.training.run(group.message())
    group.tasks.ensure(task)
    group.clock.advance(LOST_IN_ANY_CASE)
    group.send_pending()
    assert list(group.tasks.all()) == []
    assert len(group.training_messages) == 1


def test_a_run_fails_after_its_last_attempt(group: TrainableGroup) -> None:
    group.training.request(group.key)
    for _ in range(TRAINING_ATTEMPTS):
        stored = group.trainings.find(group.key)
        assert stored is not None
        died = replace(stored.record, attempts=stored.record.attempts + 1)
        assert group.trainings.write(group.key, died, stored) is not None
        assert group.training.status(group.key).status is TrainingStatus.RUNNING
    group.training.run(group.message())
    record = group.training.status(group.key)
    assert record.status is TrainingStatus.FAILED
    assert record.message == "The training failed every time. Train again."
    assert list(group.tasks.all()) == []


def test_a_failed_run_leaves_what_was_trained_before(group: TrainableGroup) -> None:
    group.train()
    found = group.found()
    group.training.request(group.key)
    stored = group.trainings.find(group.key)
    assert stored is not None
    tried = replace(stored.record, attempts=TRAINING_ATTEMPTS)
    assert group.trainings.write(group.key, tried, stored) is not None
    group.training.run(group.message())
    record = group.training.status(group.key)
    assert record.status is TrainingStatus.FAILED
    assert record.last_success is not None
    assert group.found() == found


def try_without_storage(group: TrainableGroup, times: int, patch: pytest.MonkeyPatch) -> None:
    """Deliver the message so often while no snapshot can be published."""

    def fail(*_: object, **__: object) -> str:
        raise Unavailable("Storage cannot be reached.")

    with patch.context() as broken:
        broken.setattr(group.blobs, "write", fail)
        for _ in range(times):
            group.clock.advance(REDELIVERY)
            with pytest.raises(Unavailable):
                group.training.run(group.message())


def test_an_outage_of_storage_costs_no_training(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.training.request(group.key)
    try_without_storage(group, 3 * TRAINING_ATTEMPTS, monkeypatch)
    record = group.training.status(group.key)
    assert (record.status, record.attempts) == (TrainingStatus.RUNNING, 0)
    group.training.run(group.message())
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_a_run_that_cannot_be_begun_has_no_attempt_taken_from_it(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.training.request(group.key)
    write = group.trainings.write
    tried: list[TrainingRecord] = []

    def fail_once(key: CollectionKey, record: TrainingRecord, previous: StoredTraining) -> Any:
        tried.append(record)
        if len(tried) == 1:
            raise Unavailable("The store cannot be reached.")
        return write(key, record, previous)

    monkeypatch.setattr(group.trainings, "write", fail_once)
    with pytest.raises(Unavailable):
        group.training.run(group.message())
    assert group.training.status(group.key).attempts == 0


def test_an_outage_of_more_than_an_hour_ends_the_training(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.training.request(group.key)
    group.clock.advance(TRAINING_OUTLASTS)
    try_without_storage(group, TRAINING_ATTEMPTS, monkeypatch)
    assert group.training.status(group.key).status is TrainingStatus.FAILED


def test_the_next_run_has_all_of_its_attempts(group: TrainableGroup) -> None:
    group.training.request(group.key)
    stored = group.trainings.find(group.key)
    assert stored is not None
    tried = replace(stored.record, attempts=TRAINING_ATTEMPTS)
    assert group.trainings.write(group.key, tried, stored) is not None
    group.training.run(group.message())
    group.training.request(group.key)
    assert group.training.status(group.key).attempts == 0


def test_the_training_of_an_earlier_incarnation_is_void(group: TrainableGroup) -> None:
    group.training.request(group.key)
    old = group.message()
    make_again(group)
    with pytest.raises(NotTrained):
        group.training.status(group.key)
    group.training.run(old)
    with pytest.raises(NotTrained):
        group.training.status(group.key)
    assert group.snapshots() == []


def test_what_does_not_exist_is_not_trained(group: TrainableGroup) -> None:
    group.collections.delete(group.key, group.collection.incarnation)
    with pytest.raises(CollectionNotFound):
        group.training.request(group.key)
    with pytest.raises(CollectionNotFound):
        group.training.status(group.key)


def test_an_empty_collection_fails_with_a_reason_and_its_age(group: TrainableGroup) -> None:
    group.clock.advance(timedelta(seconds=5))
    (person,) = group.people.page(group.collection, start="", top=10)
    group.delete_person(person.person_id)
    record = group.train()
    assert record.status is TrainingStatus.FAILED
    assert "Add faces" in (record.message or "")
    assert record.last_success is None
