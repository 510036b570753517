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
from tests.unit.services.training.world import World, new_id


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.add_person()
    yield world
    world.store.close()


def lease(world: World) -> None:
    """What a worker leaves that has begun the run and is not heard of again."""
    stored = world.trainings.find(world.key)
    assert stored is not None
    leased = replace(stored.record, owner=new_id(), lease_expires=world.clock.now() + LEASE)
    assert world.trainings.write(world.key, leased, stored) is not None


def make_again(world: World) -> None:
    """Delete the collection and make it again under the same id."""
    world.collections.delete(world.key, world.collection.incarnation)
    world.collections.create(
        Collection(world.key.kind, "everybody", "again", "recognition_04", new_id())
    )


def test_a_second_training_is_refused_while_the_first_runs(world: World) -> None:
    world.training.request(world.key)
    with pytest.raises(TrainingNotFinished):
        world.training.request(world.key)
    assert len(world.queue.messages) == 1


def test_a_message_that_comes_twice_trains_once(world: World) -> None:
    world.train()
    snapshots = world.snapshots()
    world.training.run(world.message(), last_attempt=False)
    assert world.snapshots() == snapshots


def test_an_expired_lease_is_taken_over(world: World) -> None:
    world.training.request(world.key)
    lease(world)
    with pytest.raises(LeaseHeldElsewhere):
        world.training.run(world.message(), last_attempt=False)
    world.clock.pass_time(LEASE)
    world.training.run(world.message(), last_attempt=False)
    assert world.training.status(world.key).status is TrainingStatus.SUCCEEDED


def test_a_run_that_nobody_touches_is_failed_and_may_be_replaced(world: World) -> None:
    world.training.request(world.key)
    first = world.message()
    world.clock.pass_time(STALE_AFTER)
    dead = world.training.status(world.key)
    assert dead.status is TrainingStatus.FAILED
    assert dead.message is not None
    world.training.request(world.key)
    world.training.run(first, last_attempt=False)
    assert world.training.status(world.key).status is TrainingStatus.RUNNING
    world.training.run(world.message(), last_attempt=False)
    assert world.training.status(world.key).status is TrainingStatus.SUCCEEDED


def test_a_message_on_the_poison_queue_makes_its_run_failed(world: World) -> None:
    world.training.request(world.key)
    world.training.give_up(world.message())
    record = world.training.status(world.key)
    assert record.status is TrainingStatus.FAILED
    assert record.message == "The training failed every time. Train again."


def test_a_run_that_somebody_works_on_is_not_given_up(world: World) -> None:
    world.training.request(world.key)
    lease(world)
    world.training.give_up(world.message())
    assert world.training.status(world.key).status is TrainingStatus.RUNNING
    world.clock.pass_time(LEASE)
    world.training.give_up(world.message())
    assert world.training.status(world.key).status is TrainingStatus.FAILED


def test_a_superseded_message_gives_nothing_up(world: World) -> None:
    world.training.request(world.key)
    old = world.message()
    world.training.give_up(old)
    world.training.request(world.key)
    world.training.give_up(old)
    assert world.training.status(world.key).status is TrainingStatus.RUNNING


def test_a_failed_run_leaves_what_was_trained_before(world: World) -> None:
    world.train()
    found = world.everybody()
    world.training.request(world.key)
    world.training.give_up(world.message())
    record = world.training.status(world.key)
    assert record.status is TrainingStatus.FAILED
    assert record.last_success is not None
    assert world.everybody() == found


def test_the_training_of_an_earlier_life_is_void(world: World) -> None:
    world.training.request(world.key)
    old = world.message()
    make_again(world)
    with pytest.raises(NotTrained):
        world.training.status(world.key)
    world.training.run(old, last_attempt=False)
    with pytest.raises(NotTrained):
        world.training.status(world.key)
    assert world.snapshots() == []


def test_what_does_not_exist_is_not_trained(world: World) -> None:
    world.collections.delete(world.key, world.collection.incarnation)
    with pytest.raises(CollectionNotFound):
        world.training.request(world.key)
    with pytest.raises(CollectionNotFound):
        world.training.status(world.key)


def test_an_empty_collection_fails_with_a_reason_and_its_age(world: World) -> None:
    world.clock.pass_time(timedelta(seconds=5))
    (person,) = world.people.page(world.collection, start="", top=10)
    world.delete_person(person.person_id)
    record = world.train()
    assert record.status is TrainingStatus.FAILED
    assert "Add faces" in (record.message or "")
    assert record.last_success is None
