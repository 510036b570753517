"""What starts a training, what starts none, and what a missing snapshot does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import NotTrained, TrainingNotFinished, Unavailable
from shared.domain.values import Collection, TrainingRecord, TrainingStatus
from shared.services.queue_policy import LEASE, LOST_IN_ANY_CASE
from shared.storage.layout import TRAINING_QUEUE
from shared.storage.records.pending_tasks import PendingTask, TaskKind
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture
def trained(group: TrainableGroup) -> TrainableGroup:
    """A trained group without messages."""
    group.add_person()
    group.train()
    group.queue.sent.clear()
    return group


def record(group: TrainableGroup) -> TrainingRecord:
    return group.training.status(group.key)


def change(group: TrainableGroup, **members: Any) -> TrainingRecord:
    """Another process writes the record."""
    stored = group.trainings.find(group.key)
    assert stored is not None
    written = group.trainings.write(group.key, replace(stored.record, **members), stored)
    assert written is not None
    return written.record


def messages(group: TrainableGroup) -> int:
    return len(group.queue.texts(TRAINING_QUEUE))


def again(group: TrainableGroup) -> Collection:
    """Delete the collection and create another one of the same id.

    A request that began before writes its record after that.
    """
    former, stored = group.collection, group.trainings.find(group.key)
    group.collections.delete(group.key, former.incarnation, lambda: None)
    group.collections.create(replace(former, incarnation=new_id()))
    if stored is not None:
        assert group.trainings.write(group.key, stored.record, None) is not None
    return group.collection


def overtake(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]
) -> None:
    """Let another process act once, between what the next request reads and what it writes."""
    ensure = group.tasks.ensure

    def ensured_and_overtaken(task: PendingTask) -> None:
        ensure(task)
        monkeypatch.setattr(group.tasks, "ensure", ensure)
        act()

    monkeypatch.setattr(group.tasks, "ensure", ensured_and_overtaken)


def test_a_missing_snapshot_is_trained_again_from_all_faces(
    trained: TrainableGroup, caplog: pytest.LogCaptureFixture
) -> None:
    before = record(trained)
    trained.training.restore(trained.key, str(before.snapshot))
    now = record(trained)
    assert (now.status, now.snapshot, now.whole) == (TrainingStatus.RUNNING, None, True)
    assert now.last_success == before.last_success
    assert now.run != before.run
    assert messages(trained) == 1
    trained.training.restore(trained.key, str(before.snapshot))
    assert messages(trained) == 1, "it is no longer in use"
    errors = [entry.message for entry in caplog.records if entry.levelname == "ERROR"]
    assert errors == ["a snapshot is missing; training again"]


def test_a_missing_snapshot_during_a_run_is_left_to_that_run(trained: TrainableGroup) -> None:
    trained.training.request(trained.key)
    before = record(trained)
    trained.training.restore(trained.key, str(before.snapshot))
    assert record(trained) == replace(before, snapshot=None, whole=True)
    assert messages(trained) == 1


def test_a_version_that_is_not_in_use_is_not_restored(trained: TrainableGroup) -> None:
    before = record(trained)
    trained.training.restore(trained.key, "another")
    assert record(trained) == before
    again(trained)
    trained.training.restore(trained.key, str(before.snapshot))
    assert messages(trained) == 0


def test_a_whole_training_is_required_and_started_once(trained: TrainableGroup) -> None:
    collection = trained.collection
    trained.training.retrain_if_required(collection)
    assert messages(trained) == 0
    assert trained.training.require_whole(collection)
    assert record(trained).whole
    trained.training.retrain_if_required(collection)
    assert messages(trained) == 1
    assert record(trained).whole
    trained.training.retrain_if_required(collection)
    assert messages(trained) == 1, "a run is under way"
    assert not trained.training.require_whole(collection), "a run is under way"
    trained.deliver_training()
    assert (record(trained).status, record(trained).whole) == (TrainingStatus.SUCCEEDED, False)


def test_what_was_never_trained_needs_no_whole_training(group: TrainableGroup) -> None:
    assert group.training.require_whole(group.collection)
    assert group.trainings.find(group.key) is None
    group.training.retrain_if_required(group.collection)
    assert messages(group) == 0
    assert group.training.version_in_use(group.collection) is None


@pytest.mark.parametrize("status", [TrainingStatus.RUNNING, TrainingStatus.SUCCEEDED])
def test_a_record_of_an_earlier_collection_of_that_id_does_not_count(
    trained: TrainableGroup, status: TrainingStatus
) -> None:
    former = change(trained, status=status, whole=True, owner="worker")
    collection = again(trained)
    with pytest.raises(NotTrained):
        record(trained)
    assert trained.training.version_in_use(collection) is None
    assert trained.training.require_whole(collection)
    trained.training.retrain_if_required(collection)
    assert messages(trained) == 0
    trained.training.request(trained.key)
    now = record(trained)
    assert (now.incarnation, now.snapshot, now.whole) == (collection.incarnation, None, False)
    assert now.run != former.run
    assert now.last_success is None


def test_a_collection_whose_first_training_failed_needs_no_whole_training(
    group: TrainableGroup,
) -> None:
    assert group.train().status is TrainingStatus.FAILED
    assert group.training.require_whole(group.collection)
    assert not record(group).whole


@pytest.mark.parametrize("exists", ["the collection", "the record", "neither"])
def test_the_message_of_a_run_without_its_collection_or_record_is_void(
    trained: TrainableGroup, exists: str
) -> None:
    trained.training.request(trained.key)
    message, former = trained.message(), record(trained)
    (task,) = [stored.task for stored in trained.tasks.all()]
    collection = trained.collection
    trained.collections.delete(trained.key, collection.incarnation, lambda: None)
    if exists == "the collection":
        trained.collections.create(collection)
    elif exists == "the record":
        trained.trainings.write(trained.key, former, None)
    trained.tasks.ensure(task)
    files = trained.snapshots()
    trained.training.run(message)
    assert list(trained.tasks.all()) == []
    assert trained.snapshots() == files
    assert messages(trained) == 1


def test_a_requirement_that_another_write_overtakes_comes_again(
    trained: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(trained.trainings, "write", lambda *_: None)
        assert not trained.training.require_whole(trained.collection)
        with pytest.raises(TrainingNotFinished):
            trained.training.request(trained.key)
    assert messages(trained) == 0


def test_a_training_whose_message_cannot_be_sent_has_failed(
    trained: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = record(trained)

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("The queue is away.")

    with monkeypatch.context() as patch:
        patch.setattr(trained.queue, "send", refuse)
        with pytest.raises(Unavailable):
            trained.training.request(trained.key)
    now = record(trained)
    assert (now.status, now.snapshot) == (TrainingStatus.FAILED, before.snapshot)
    trained.training.request(trained.key)
    trained.deliver_training()
    assert record(trained).status is TrainingStatus.SUCCEEDED


def test_a_request_that_an_erasure_overtakes_starts_its_training(
    trained: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtake(trained, monkeypatch, lambda: change(trained, snapshot="rewritten"))

    trained.training.request(trained.key)

    now = record(trained)
    assert (now.status, now.snapshot) == (TrainingStatus.RUNNING, "rewritten")
    assert messages(trained) == 1


def test_a_request_that_another_request_overtakes_starts_no_second_run(
    trained: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtake(trained, monkeypatch, lambda: trained.training.request(trained.key))

    with pytest.raises(TrainingNotFinished):
        trained.training.request(trained.key)
    assert messages(trained) == 1


def test_a_request_during_a_run_sends_its_message_again_only_when_it_must_be_lost(
    trained: TrainableGroup,
) -> None:
    trained.training.request(trained.key)
    trained.clock.advance(LOST_IN_ANY_CASE - timedelta(seconds=1))
    with pytest.raises(TrainingNotFinished):
        trained.training.request(trained.key)
    change(trained, lease_expires=trained.clock.now() + LEASE)
    trained.clock.advance(timedelta(seconds=2))
    with pytest.raises(TrainingNotFinished):
        trained.training.request(trained.key)
    assert messages(trained) == 1
    trained.clock.advance(LEASE)
    trained.training.request(trained.key)
    first, second = trained.training_messages
    assert first == second


def test_the_message_of_a_run_is_sent_again_while_no_worker_has_it(
    trained: TrainableGroup,
) -> None:
    trained.training.request(trained.key)
    running = record(trained)
    task = PendingTask.about(TaskKind.TRAINING, trained.collection, trained.clock.now())
    own = replace(task, run=running.run)
    assert trained.training.resume(own)
    assert messages(trained) == 2
    change(trained, lease_expires=trained.clock.now() + LEASE)
    assert trained.training.resume(own)
    assert messages(trained) == 2, "a worker has it"
    assert not trained.training.resume(replace(own, run="another"))
    assert not trained.training.resume(replace(own, incarnation=new_id()))
    change(trained, status=TrainingStatus.FAILED)
    assert not trained.training.resume(own)
    assert messages(trained) == 2


def test_a_collection_is_current_in_its_incarnation(group: TrainableGroup) -> None:
    former = group.collection
    assert group.training.is_current(group.key, former.incarnation)
    again(group)
    assert not group.training.is_current(group.key, former.incarnation)
    group.collections.delete(group.key, group.collection.incarnation, lambda: None)
    assert not group.training.is_current(group.key, former.incarnation)
