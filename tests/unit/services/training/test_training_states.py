"""What becomes of a training run that is repeated, abandoned, superseded or given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.errors import CollectionNotFound, NotTrained, TrainingNotFinished
from shared.domain.values import Collection, TrainingStatus
from shared.services.training.training import LEASE, STALE_AFTER, LeaseHeldElsewhere
from tests.unit.services.training.trainable_group import TrainableGroup, new_id


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
    """Delete the collection and make it again under the same id."""
    group.collections.delete(group.key, group.collection.incarnation)
    group.collections.create(
        Collection(group.key.kind, "group", "again", "recognition_04", new_id())
    )


def test_a_second_training_is_refused_while_the_first_runs(group: TrainableGroup) -> None:
    group.training.request(group.key)
    with pytest.raises(TrainingNotFinished):
        group.training.request(group.key)
    assert len(group.training_messages) == 1


def test_a_message_that_comes_twice_trains_once(group: TrainableGroup) -> None:
    group.train()
    snapshots = group.snapshots()
    group.training.run(group.message(), last_attempt=False)
    assert group.snapshots() == snapshots


def test_an_expired_lease_is_taken_over(group: TrainableGroup) -> None:
    group.training.request(group.key)
    lease(group)
    with pytest.raises(LeaseHeldElsewhere):
        group.training.run(group.message(), last_attempt=False)
    group.clock.advance(LEASE)
    group.training.run(group.message(), last_attempt=False)
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_a_run_that_nobody_touches_is_failed_and_may_be_replaced(group: TrainableGroup) -> None:
    group.training.request(group.key)
    first = group.message()
    group.clock.advance(STALE_AFTER)
    dead = group.training.status(group.key)
    assert dead.status is TrainingStatus.FAILED
    assert dead.message is not None
    group.training.request(group.key)
    group.training.run(first, last_attempt=False)
    assert group.training.status(group.key).status is TrainingStatus.RUNNING
    group.training.run(group.message(), last_attempt=False)
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_a_message_on_the_poison_queue_makes_its_run_failed(group: TrainableGroup) -> None:
    group.training.request(group.key)
    group.training.give_up(group.message())
    record = group.training.status(group.key)
    assert record.status is TrainingStatus.FAILED
    assert record.message == "The training failed every time. Train again."


def test_a_run_that_somebody_works_on_is_not_given_up(group: TrainableGroup) -> None:
    group.training.request(group.key)
    lease(group)
    group.training.give_up(group.message())
    assert group.training.status(group.key).status is TrainingStatus.RUNNING
    group.clock.advance(LEASE)
    group.training.give_up(group.message())
    assert group.training.status(group.key).status is TrainingStatus.FAILED


def test_a_superseded_message_gives_nothing_up(group: TrainableGroup) -> None:
    group.training.request(group.key)
    old = group.message()
    group.training.give_up(old)
    group.training.request(group.key)
    group.training.give_up(old)
    assert group.training.status(group.key).status is TrainingStatus.RUNNING


def test_a_failed_run_leaves_what_was_trained_before(group: TrainableGroup) -> None:
    group.train()
    found = group.found()
    group.training.request(group.key)
    group.training.give_up(group.message())
    record = group.training.status(group.key)
    assert record.status is TrainingStatus.FAILED
    assert record.last_success is not None
    assert group.found() == found


def test_the_training_of_an_earlier_life_is_void(group: TrainableGroup) -> None:
    group.training.request(group.key)
    old = group.message()
    make_again(group)
    with pytest.raises(NotTrained):
        group.training.status(group.key)
    group.training.run(old, last_attempt=False)
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
