"""A collection is trained by itself once nothing was enrolled in it for a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.collections import (
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    CollectionKind,
)
from shared.domain.values import Collection, TrainingStatus
from shared.services.messages import TrainingMessage
from shared.services.queue_policy import MAINTENANCE
from shared.storage.layout import TRAINING_QUEUE
from shared.storage.records.pending_tasks import PendingTask, StoredTask, TaskKind
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

QUIET = timedelta(seconds=60)
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def group(tmp_path: Path) -> Iterator[TrainableGroup]:
    group = TrainableGroup(tmp_path, quiet=60)
    group.add_person()
    yield group
    group.store.close()


@pytest.fixture
def enrolled(group: TrainableGroup) -> TrainableGroup:
    """A group in which a face was just enrolled, with the first message taken from the queue."""
    group.when_quiet.enrolled(group.collection)
    group.queue.take(TRAINING_QUEUE)
    return group


def delays(group: TrainableGroup) -> list[int]:
    """How long each message stays invisible, in seconds."""
    return [message.delay for message in group.queue.sent if message.queue == TRAINING_QUEUE]


def stored(group: TrainableGroup) -> StoredTask | None:
    return group.tasks.find(PendingTask.about(TaskKind.QUIET, group.collection, group.clock.now()))


def check(group: TrainableGroup, collection: Collection | None = None) -> None:
    """Deliver the message about a collection."""
    chosen = collection or group.collection
    group.when_quiet.check(
        TrainingMessage(chosen.kind.name, chosen.collection_id, chosen.incarnation, run="")
    )


def is_running(group: TrainableGroup) -> bool:
    found = group.trainings.find(group.key)
    return found is not None and found.record.status is TrainingStatus.RUNNING


def test_the_first_enrolment_sends_a_message_for_the_end_of_the_quiet_time(
    group: TrainableGroup,
) -> None:
    group.when_quiet.enrolled(group.collection)
    first = stored(group)
    assert first is not None
    assert (delays(group), first.task.since) == ([60], group.clock.now())


@pytest.mark.parametrize(
    ("kind", "quiet", "sent"),
    [
        (LARGE_PERSON_GROUP, 60, 1),
        (LARGE_FACE_LIST, 60, 1),
        (LARGE_PERSON_GROUP, 0, 0),
        (FACE_LIST, 60, 0),
    ],
)
def test_only_collections_that_are_trained_wait_for_quiet_and_only_where_it_is_set(
    tmp_path: Path, kind: CollectionKind, quiet: int, sent: int
) -> None:
    group = TrainableGroup(tmp_path, kind=kind, quiet=quiet)
    group.when_quiet.enrolled(group.collection)
    assert len(delays(group)) == sent
    assert (stored(group) is not None) == bool(sent)
    group.store.close()


def test_further_enrolments_send_nothing_and_renew_the_time_four_times_a_period(
    enrolled: TrainableGroup,
) -> None:
    before = stored(enrolled)
    enrolled.clock.advance(QUIET / 4 - MOMENT)
    enrolled.when_quiet.enrolled(enrolled.collection)
    assert stored(enrolled) == before
    enrolled.clock.advance(MOMENT)
    enrolled.when_quiet.enrolled(enrolled.collection)
    renewed = stored(enrolled)
    assert renewed is not None
    assert renewed.task.since == enrolled.clock.now()
    assert delays(enrolled) == []


def test_a_message_that_comes_too_early_is_sent_again_for_the_rest_of_the_time(
    enrolled: TrainableGroup,
) -> None:
    enrolled.clock.advance(QUIET - timedelta(seconds=10, milliseconds=500))
    check(enrolled)
    assert delays(enrolled) == [11]
    assert not is_running(enrolled)
    assert stored(enrolled) is not None


def test_a_quiet_collection_is_trained_once(enrolled: TrainableGroup) -> None:
    enrolled.clock.advance(QUIET)
    check(enrolled)
    assert is_running(enrolled)
    assert stored(enrolled) is None
    assert delays(enrolled) == [0], "that of the run"
    check(enrolled)
    assert delays(enrolled) == [0]


def test_a_training_that_is_under_way_is_followed_by_another(enrolled: TrainableGroup) -> None:
    enrolled.training.request(enrolled.key)
    enrolled.queue.take(TRAINING_QUEUE)
    enrolled.clock.advance(QUIET)
    check(enrolled)
    assert delays(enrolled) == [60]
    assert stored(enrolled) is not None


def test_an_enrolment_while_the_training_is_requested_is_trained_later(
    enrolled: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = enrolled.training.request
    enrolled.clock.advance(QUIET)

    def meanwhile(*arguments: object) -> None:
        enrolled.when_quiet.enrolled(enrolled.collection)
        request(enrolled.key)

    monkeypatch.setattr(enrolled.training, "request", meanwhile)
    check(enrolled)
    assert sorted(delays(enrolled)) == [0, 60]
    assert stored(enrolled) is not None


def test_what_was_deleted_meanwhile_is_not_trained(
    enrolled: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = enrolled.collection
    enrolled.collections.delete(enrolled.key, former.incarnation)
    enrolled.collections.create(replace(former, incarnation=new_id()))
    enrolled.clock.advance(QUIET)
    check(enrolled, former)
    assert (delays(enrolled), list(enrolled.tasks.all())) == ([], [])

    enrolled.when_quiet.enrolled(enrolled.collection)
    enrolled.queue.take(TRAINING_QUEUE)
    latter = enrolled.collection
    enrolled.collections.delete(enrolled.key, latter.incarnation)
    enrolled.clock.advance(QUIET)
    with monkeypatch.context() as race:
        race.setattr(enrolled.training, "is_current", lambda *_: True)  # a moment before
        check(enrolled, latter)
    assert (delays(enrolled), list(enrolled.tasks.all())) == ([], [])


def test_the_timer_sends_a_message_again_that_is_a_period_late(enrolled: TrainableGroup) -> None:
    found = stored(enrolled)
    assert found is not None
    enrolled.clock.advance(QUIET + MAINTENANCE - MOMENT)
    enrolled.when_quiet.send_if_lost(found)
    assert delays(enrolled) == []
    enrolled.clock.advance(MOMENT)
    enrolled.when_quiet.send_if_lost(found)
    assert delays(enrolled) == [0]
