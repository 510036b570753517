"""Training runs: leases, heartbeats, interruptions, and what is left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.api.resources.collections import training_answer
from shared.domain.collections import CollectionKey
from shared.domain.errors import Throttled, TrainingNotFinished, Unavailable
from shared.domain.values import TrainingRecord, TrainingStatus
from shared.services.queue_policy import TRAINING_ATTEMPTS
from shared.storage.layout import SNAPSHOTS
from shared.storage.records.collections.trainings import StoredTraining
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


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

    def repair() -> None:
        group.blobs.write = plain  # type: ignore[method-assign] # the store works again

    return repair


def test_an_interrupted_training_starts_again_and_leaves_nothing(peopled: TrainableGroup) -> None:
    repair = interrupt(peopled)
    with pytest.raises(Killed):
        peopled.train()
    assert peopled.training.status(peopled.key).status is TrainingStatus.RUNNING
    repair()
    peopled.training.run(peopled.message())
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
    built = peopled.builder.build(peopled.collection, before.snapshot, lambda _: None, whole=False)
    peopled.clock.advance(timedelta(seconds=5))
    peopled.blobs.write("snapshots", f"{incarnation}/younger", b"of the next trainer")
    peopled.builder.settle(peopled.collection, built)
    assert "younger" in peopled.snapshots()
    assert before.snapshot not in peopled.snapshots()


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


def test_a_worker_that_lost_its_run_publishes_nothing(peopled: TrainableGroup) -> None:
    peopled.train()
    in_use = set(peopled.snapshots())
    peopled.add_person()
    plain = peopled.blobs.write

    def lose(*arguments: object, **more: object) -> str:
        stored = peopled.trainings.find(peopled.key)
        assert stored is not None
        taken = replace(stored.record, owner=new_id())
        peopled.trainings.write(peopled.key, taken, stored)  # another worker takes the run
        return plain(*arguments, **more)  # type: ignore[arg-type] # as it was called

    peopled.blobs.write = lose  # type: ignore[method-assign] # meanwhile the record changes
    peopled.training.request(peopled.key)
    peopled.training.run(peopled.message())
    assert set(peopled.snapshots()) == in_use


def test_a_heartbeat_whose_answer_was_lost_does_not_lose_the_run(peopled: TrainableGroup) -> None:
    plain = peopled.blobs.write

    def renew(*arguments: object, **more: object) -> str:
        stored = peopled.trainings.find(peopled.key)
        assert stored is not None
        # The worker's own write, of whose success it does not know.
        renewed = replace(stored.record, last_action=peopled.clock.now())
        peopled.trainings.write(peopled.key, renewed, stored)
        return plain(*arguments, **more)  # type: ignore[arg-type] # as it was called

    peopled.blobs.write = renew  # type: ignore[method-assign] # meanwhile the ETag changes
    assert peopled.train().status is TrainingStatus.SUCCEEDED
    assert peopled.found() == peopled.stored()


class Flaky:
    """Training records whose last write fails some times, before or after it was carried out."""

    def __init__(self, group: TrainableGroup, failures: int, *, carried_out: bool) -> None:
        self._plain = group.trainings.write
        self._failures = failures
        self._carried_out = carried_out

    def write(
        self, key: CollectionKey, record: TrainingRecord, previous: StoredTraining | None
    ) -> StoredTraining | None:
        if record.status is not TrainingStatus.SUCCEEDED or self._failures == 0:
            return self._plain(key, record, previous)
        self._failures -= 1
        if self._carried_out:
            self._plain(key, record, previous)
        raise Throttled


@pytest.mark.parametrize("carried_out", [False, True], ids=["throttled", "answer lost"])
def test_the_last_write_is_repeated_until_it_is_known_to_have_happened(
    peopled: TrainableGroup, carried_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaky = Flaky(peopled, 3, carried_out=carried_out)
    monkeypatch.setattr(peopled.trainings, "write", flaky.write)
    assert peopled.train().status is TrainingStatus.SUCCEEDED
    assert 1 <= len(peopled.pauses) <= 3
    assert peopled.found() == peopled.stored()


def test_a_run_whose_last_write_fails_for_long_is_repeated_by_the_next_delivery(
    peopled: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = peopled.trainings.write
    with monkeypatch.context() as broken:
        broken.setattr(peopled.trainings, "write", Flaky(peopled, 7, carried_out=False).write)
        with pytest.raises(Throttled):
            peopled.train()
    peopled.trainings.write = plain  # type: ignore[method-assign] # the store works again
    record = peopled.training.status(peopled.key)
    assert (record.status, record.owner) == (TrainingStatus.RUNNING, None)
    peopled.training.run(peopled.message())
    assert peopled.training.status(peopled.key).status is TrainingStatus.SUCCEEDED
    assert peopled.found() == peopled.stored()


def test_a_second_worker_leaves_the_run_to_the_first(peopled: TrainableGroup) -> None:
    plain = peopled.blobs.write

    def meanwhile(*arguments: object, **more: object) -> str:
        peopled.training.run(peopled.message())
        return plain(*arguments, **more)  # type: ignore[arg-type] # as it was called

    peopled.blobs.write = meanwhile  # type: ignore[method-assign] # the message comes twice
    peopled.train()
    assert peopled.training.status(peopled.key).attempts == 1
    assert peopled.found() == peopled.stored()


def test_every_attempt_is_counted_and_the_last_one_ends_the_run(peopled: TrainableGroup) -> None:
    interrupt(peopled)
    peopled.training.request(peopled.key)
    for attempt in range(1, TRAINING_ATTEMPTS + 1):
        with pytest.raises(Killed):
            peopled.training.run(peopled.message())
        record = peopled.training.status(peopled.key)
        assert record.attempts == attempt
        ended = attempt == TRAINING_ATTEMPTS
        assert (record.status is TrainingStatus.FAILED) == ended
        assert record.lease_expires is None
    assert record.message == "The training failed every time. Train again."


def test_a_group_whose_snapshot_is_missing_trains_again_by_itself(peopled: TrainableGroup) -> None:
    peopled.train()
    for blob in list(peopled.blobs.listing(SNAPSHOTS)):
        peopled.blobs.delete(SNAPSHOTS, blob.name)
    for _ in range(2):
        with pytest.raises(TrainingNotFinished):
            peopled.found()
        assert peopled.training.status(peopled.key).status is TrainingStatus.RUNNING
    assert len(peopled.training_messages) == 2
    peopled.training.run(peopled.message())
    assert peopled.found() == peopled.stored()


def test_a_group_whose_base_is_missing_is_trained_whole(peopled: TrainableGroup) -> None:
    peopled.train()
    (base,) = (name for name in peopled.snapshots() if not name.endswith(".delta"))
    peopled.blobs.delete(SNAPSHOTS, f"{peopled.collection.incarnation}/{base}")
    with pytest.raises(TrainingNotFinished):
        peopled.found()
    peopled.training.run(peopled.message())
    assert peopled.found() == peopled.stored()


def test_a_snapshot_that_is_missed_during_a_training_is_replaced_by_it(
    peopled: TrainableGroup,
) -> None:
    peopled.train()
    peopled.training.request(peopled.key)
    for blob in list(peopled.blobs.listing(SNAPSHOTS)):
        peopled.blobs.delete(SNAPSHOTS, blob.name)
    with pytest.raises(TrainingNotFinished):
        peopled.found()
    peopled.training.run(peopled.message())
    assert peopled.found() == peopled.stored()


def test_a_training_whose_former_snapshot_cannot_be_removed_has_succeeded(
    peopled: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Unavailable("The account cannot be reached.")

    peopled.train()
    former = set(peopled.snapshots())
    peopled.add_person()
    with monkeypatch.context() as broken:
        broken.setattr(peopled.blobs, "delete", fail)
        assert peopled.train().status is TrainingStatus.SUCCEEDED
    assert former < set(peopled.snapshots())
    assert list(peopled.tasks.all()) == []
    peopled.train()
    assert len(peopled.snapshots()) == 2


def test_a_training_that_cannot_be_queued_is_failed(peopled: TrainableGroup) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Unavailable("The queue cannot be reached.")

    peopled.queues.send = fail  # type: ignore[method-assign] # a queue that fails
    with pytest.raises(Unavailable):
        peopled.training.request(peopled.key)
    record = peopled.training.status(peopled.key)
    assert record.status is TrainingStatus.FAILED
    assert record.message == "The training could not be queued. Train again."


def test_a_face_deleted_while_training_runs_is_not_found_afterwards(
    peopled: TrainableGroup,
) -> None:
    victim = peopled.add_person()
    plain = peopled.blobs.write

    def meanwhile(*arguments: object, **more: object) -> str:
        peopled.blobs.write = plain  # type: ignore[method-assign] # only once
        peopled.delete_person(victim.person_id)
        return plain(*arguments, **more)  # type: ignore[arg-type] # as it was called

    peopled.blobs.write = meanwhile  # type: ignore[method-assign] # a deletion meanwhile
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

    peopled.blobs.write = meanwhile  # type: ignore[method-assign] # an addition meanwhile
    peopled.train()
    assert peopled.found() < peopled.stored()
    peopled.train()
    assert peopled.found() == peopled.stored()


def test_progress_rises_to_the_end(peopled: TrainableGroup) -> None:
    seen: list[int] = []
    peopled.builder.build(peopled.collection, None, seen.append, whole=False)
    assert seen == sorted(seen)
    assert seen[0] < 20
    assert seen[-1] == 95


def test_the_status_says_how_far_a_training_is(peopled: TrainableGroup) -> None:
    peopled.clock.advance(timedelta(seconds=1))
    peopled.training.request(peopled.key)
    assert training_answer(peopled.training.status(peopled.key)).percent == 0
    peopled.training.run(peopled.message())
    answer = training_answer(peopled.training.status(peopled.key))
    assert (answer.status, answer.percent) == ("succeeded", 100)
