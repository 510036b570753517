"""A collection that uploads enrol in is trained by itself, once it is quiet."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from shared.domain.values import TrainingStatus
from tests.doubles.clocks import ManualClock
from tests.unit.services.groups.trainable_group import TrainableGroup
from tests.unit.services.uploads.enrolling_uploads import EnrollingUploads, image_of, name_of


def test_a_collection_is_trained_by_itself_once_it_is_quiet(tmp_path: Path) -> None:
    clock = ManualClock()
    group = TrainableGroup(tmp_path, clock=clock, quiet=30)
    uploads = EnrollingUploads(group)
    for number in range(5):
        uploads.enrol(name_of(group.key, file=f"{number}.jpg"), image_of(number))
        clock.advance(10)
    (message,) = group.queue.sent
    assert message.delay == 30
    group.deliver_training()
    (message,) = group.queue.sent
    assert 0 < message.delay <= 30
    clock.advance(30)
    group.deliver_training()
    group.deliver_training()
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED
    assert len(group.found()) == 5
    assert list(group.tasks.all()) == []


def test_a_lost_message_does_not_keep_a_collection_from_being_trained(tmp_path: Path) -> None:
    clock = ManualClock()
    group = TrainableGroup(tmp_path, clock=clock, quiet=30)
    EnrollingUploads(group).enrol(name_of(group.key), image_of(1))
    group.queue.sent.clear()
    clock.advance(timedelta(minutes=6))
    group.send_pending()
    group.deliver_training()
    group.deliver_training()
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_uploads_during_a_training_are_trained_afterwards(tmp_path: Path) -> None:
    clock = ManualClock()
    group = TrainableGroup(tmp_path, clock=clock, quiet=30)
    uploads = EnrollingUploads(group)
    uploads.enrol(name_of(group.key), image_of(1))
    clock.advance(31)
    group.training.request(group.key)
    uploads.enrol(name_of(group.key, "Bob"), image_of(2))
    for _ in range(4):
        group.deliver_training()
        clock.advance(31)
    assert len(group.found()) == 2


def test_without_the_setting_nothing_is_trained_by_itself(tmp_path: Path) -> None:
    uploads = EnrollingUploads(TrainableGroup(tmp_path))
    uploads.enrol(name_of(uploads.group.key), image_of(1))
    assert uploads.group.queue.sent == []
