"""Training runs: leases, heartbeats, interruptions, and what is left behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.api.resources.collections import training_answer
from shared.domain.errors import Unavailable
from shared.domain.values import TrainingStatus
from shared.services.training.heartbeat import Heartbeat, LostTraining
from shared.services.training.training import LeaseHeldElsewhere
from tests.unit.services.training.trainable_group import TrainableGroup


class Killed(BaseException):
    """What a killed worker sees."""


@pytest.fixture
def peopled(group: TrainableGroup) -> TrainableGroup:
    for _ in range(30):
        group.add_person()
    return group


def interrupt(group: TrainableGroup) -> Callable[[], None]:
    """Make the upload of snapshots fail once it is called; answers what makes it work again."""
    plain = group.blobs.write

    def fail(*_: object, **__: object) -> str:
        raise Killed

    group.blobs.write = fail  # type: ignore[method-assign] # a store that fails

    def mend() -> None:
        group.blobs.write = plain  # type: ignore[method-assign] # the store works again

    return mend


def test_an_interrupted_training_starts_again_and_leaves_nothing(peopled: TrainableGroup) -> None:
    mend = interrupt(peopled)
    with pytest.raises(Killed):
        peopled.train()
    assert peopled.training.status(peopled.key).status is TrainingStatus.RUNNING
    mend()
    peopled.training.run(peopled.message(), last_attempt=False)
    assert peopled.training.status(peopled.key).status is TrainingStatus.SUCCEEDED
    assert peopled.found() == peopled.stored()
    assert list(peopled.work.iterdir()) == []
    assert len(peopled.snapshots()) == 2


def test_what_a_dead_trainer_published_goes_with_the_next_training(peopled: TrainableGroup) -> None:
    incarnation = peopled.collection.incarnation
    peopled.blobs.write("snapshots", f"{incarnation}/left-behind", b"from a dead trainer")
    peopled.train()
    assert "left-behind" not in peopled.snapshots()


def test_a_younger_trainers_snapshot_is_left_alone(peopled: TrainableGroup) -> None:
    peopled.train()
    incarnation = peopled.collection.incarnation
    peopled.clock.advance(timedelta(seconds=5))
    before = peopled.training.status(peopled.key)
    assert before.snapshot is not None
    applied_tombstones = peopled.tombstones.read(incarnation)
    built = peopled.builder.build(peopled.collection, before.snapshot, lambda _: None)
    peopled.clock.advance(timedelta(seconds=5))
    peopled.blobs.write("snapshots", f"{incarnation}/younger", b"of the next trainer")
    peopled.builder.settle(peopled.collection, built)
    assert "younger" in peopled.snapshots()
    assert before.snapshot not in peopled.snapshots()
    assert applied_tombstones.ids == frozenset()


def test_files_that_a_killed_trainer_left_are_removed_after_a_while(
    peopled: TrainableGroup,
) -> None:
    abandoned, busy = peopled.work / "abandoned", peopled.work / "busy"
    for folder in (abandoned, busy):
        folder.mkdir(parents=True)
        (folder / "whole").write_bytes(b"half a snapshot")
    long_ago = time.time() - 4_000
    for path in (abandoned, abandoned / "whole", busy):
        os.utime(path, (long_ago, long_ago))
    peopled.train()
    assert list(peopled.work.iterdir()) == [busy]


def test_a_trainer_that_lost_its_run_publishes_nothing(peopled: TrainableGroup) -> None:
    peopled.train()
    in_use = set(peopled.snapshots())
    peopled.add_person()
    plain = peopled.blobs.write

    def lose(*arguments: object, **more: object) -> str:
        stored = peopled.trainings.find(peopled.key)
        assert stored is not None
        peopled.trainings.write(peopled.key, stored.record, stored)  # somebody else writes
        return plain(*arguments, **more)  # type: ignore[arg-type] # as it was called

    peopled.blobs.write = lose  # type: ignore[method-assign] # meanwhile the record changes
    peopled.training.request(peopled.key)
    peopled.training.run(peopled.message(), last_attempt=False)
    assert set(peopled.snapshots()) == in_use


def test_a_second_worker_is_sent_away_while_the_first_is_at_it(peopled: TrainableGroup) -> None:
    plain = peopled.blobs.write
    met: list[type[Exception]] = []

    def meanwhile(*arguments: object, **more: object) -> str:
        try:
            peopled.training.run(peopled.message(), last_attempt=False)
        except LeaseHeldElsewhere as error:
            met.append(type(error))
        return plain(*arguments, **more)  # type: ignore[arg-type] # as it was called

    peopled.blobs.write = meanwhile  # type: ignore[method-assign] # the message comes twice
    peopled.train()
    assert set(met) == {LeaseHeldElsewhere}
    assert peopled.found() == peopled.stored()


def test_a_face_deleted_while_training_runs_is_not_found_afterwards(
    peopled: TrainableGroup,
) -> None:
    victim = peopled.add_person()
    plain = peopled.blobs.write

    def meanwhile(*arguments: object, **more: object) -> str:
        peopled.blobs.write = plain  # type: ignore[method-assign] # only once
        peopled.delete_person(victim.person_id)
        return plain(*arguments, **more)  # type: ignore[arg-type] # as it was called

    peopled.blobs.write = meanwhile  # type: ignore[method-assign] # somebody deletes meanwhile
    peopled.train()
    assert peopled.found() == peopled.stored()
    peopled.train()
    assert peopled.found() == peopled.stored()


def test_a_face_added_while_a_whole_training_runs_is_in_the_next_one(
    peopled: TrainableGroup,
) -> None:
    plain = peopled.blobs.write

    def meanwhile(*arguments: object, **more: object) -> str:
        peopled.blobs.write = plain  # type: ignore[method-assign] # only once
        peopled.add_person()
        return plain(*arguments, **more)  # type: ignore[arg-type] # as it was called

    peopled.blobs.write = meanwhile  # type: ignore[method-assign] # somebody adds meanwhile
    peopled.train()
    assert peopled.found() < peopled.stored()
    peopled.train()
    assert peopled.found() == peopled.stored()


def test_progress_rises_to_the_end(peopled: TrainableGroup) -> None:
    seen: list[int] = []
    peopled.builder.build(peopled.collection, None, seen.append)
    assert seen == sorted(seen)
    assert seen[0] < 20
    assert seen[-1] == 95


def test_the_status_tells_how_far_a_training_is(peopled: TrainableGroup) -> None:
    peopled.clock.advance(timedelta(seconds=1))
    peopled.training.request(peopled.key)
    assert training_answer(peopled.training.status(peopled.key)).percent == 0
    peopled.training.run(peopled.message(), last_attempt=False)
    answer = training_answer(peopled.training.status(peopled.key))
    assert (answer.status, answer.percent) == ("succeeded", 100)


def test_the_lease_is_renewed_while_nothing_can_be_counted() -> None:
    beats: list[int] = []
    enough = threading.Event()

    def beat(percent: int) -> None:
        beats.append(percent)
        if len(beats) == 3:
            enough.set()
        if len(beats) == 1:
            raise Unavailable("The store hiccups.")

    heartbeat = Heartbeat(beat, interval=0.001)
    heartbeat.progress(40)
    with heartbeat:
        assert enough.wait(10)
    assert set(beats) == {40}
    after = len(beats)
    time.sleep(0.01)
    assert len(beats) == after


def test_a_lost_run_comes_out_where_progress_is_made() -> None:
    def beat(_: int) -> None:
        raise LostTraining

    with pytest.raises(LostTraining), Heartbeat(beat, interval=0.001) as heartbeat:
        for _ in range(10_000):
            heartbeat.progress(1)
            time.sleep(0.001)
