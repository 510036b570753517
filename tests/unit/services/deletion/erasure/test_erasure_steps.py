"""What one message of the erasure queue does, and what it leaves to the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from shared.domain.values import Collection, TrainingStatus
from shared.domain.vectors import VectorVersion
from shared.services.messages import ErasureMessage
from shared.services.queue_policy import SHORTEST_ERASURE_PERIOD
from shared.storage.documents.store import Key
from shared.storage.layout import ERASURE_QUEUE, PEOPLE, SNAPSHOTS
from shared.storage.records.collections.tombstones import tombstone_partition
from shared.storage.records.pending_tasks import PendingTask, TaskKind
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

SECOND = timedelta(seconds=1)


def task(group: TrainableGroup) -> PendingTask:
    """The only task that is owed."""
    (stored,) = group.tasks.all()
    return stored.task


def run(group: TrainableGroup) -> None:
    group.erasure.run(ErasureMessage.of(group.collection))


def test_the_lease_ends_with_the_work(group: TrainableGroup) -> None:
    group.delete_person(group.add_person().person_id)
    began = group.clock.now()

    run(group)

    left = task(group)
    assert (left.owner, left.lease_expires, left.closing) == (None, None, False)
    assert left.worked == began


def test_a_second_message_within_the_shortest_period_does_nothing(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(3)]
    incarnation = group.collection.incarnation
    group.delete_person(faces[0].person_id)
    run(group)
    assert not group.marks.any(incarnation)
    group.delete_person(faces[1].person_id)

    group.clock.advance(SHORTEST_ERASURE_PERIOD - SECOND)
    run(group)
    assert group.marks.any(incarnation)

    group.clock.advance(SECOND)
    run(group)
    assert not group.marks.any(incarnation)


def test_a_repair_goes_on_at_once_with_a_partition_a_message(group: TrainableGroup) -> None:
    owed = PendingTask.about(TaskKind.DELETIONS, group.collection, group.clock.now())
    group.tasks.renew(replace(owed, repair=0))

    for partition in range(1, 17):
        run(group)
        assert task(group).repair == partition
        (message,) = group.queue.take(ERASURE_QUEUE)
        assert msgspec.json.decode(message, type=ErasureMessage) == ErasureMessage.of(
            group.collection
        )

    run(group)
    assert list(group.tasks.all()) == []
    assert group.queue.texts(ERASURE_QUEUE) == []


def test_a_repair_that_waits_for_a_training_sends_nothing(group: TrainableGroup) -> None:
    hidden = group.add_person()
    group.train()
    partition = tombstone_partition(group.collection.incarnation)
    people = group.store.container(PEOPLE)
    people.create(Key(partition, "t.0"), {"ids": [hidden.person_id]})
    number = int(hidden.person_id[0], 16)
    owed = PendingTask.about(TaskKind.DELETIONS, group.collection, group.clock.now())
    group.tasks.renew(replace(owed, repair=number))
    group.training.request(group.key)

    run(group)

    (left,) = (one.task for one in group.tasks.all() if one.task.kind is TaskKind.DELETIONS)
    assert left.repair == number
    assert group.queue.texts(ERASURE_QUEUE) == []


def test_results_are_cleared_of_what_was_deleted_and_of_nothing_else(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, listed, kept = group.add_person(), group.add_person(faces=2), group.add_person()
    erased: list[tuple[str, set[str]]] = []

    def erase(incarnation: str, deleted_ids: Iterable[str]) -> None:
        erased.append((incarnation, set(deleted_ids)))

    monkeypatch.setattr(group.results, "erase", erase)
    group.delete_person(person.person_id)
    group.delete_face(listed)
    group.marks.announce(group.collection.incarnation, kept.person_id)

    run(group)

    gone = {person.person_id, listed.persisted_face_id}
    assert erased == [(group.collection.incarnation, gone)]


def test_a_mark_that_did_not_commit_is_left_alone_within_a_minute(group: TrainableGroup) -> None:
    kept, gone = group.add_person(), group.add_person()
    incarnation = group.collection.incarnation
    group.train()
    version = group.training.status(group.key).snapshot
    group.marks.announce(incarnation, kept.person_id)
    group.delete_person(gone.person_id)

    run(group)

    assert [mark.person_id for mark in group.marks.all(incarnation)] == [kept.person_id]
    rewritten = group.training.status(group.key).snapshot
    assert rewritten != version

    group.clock.advance(SHORTEST_ERASURE_PERIOD)
    run(group)
    assert not group.marks.any(incarnation)
    assert task(group).worked == group.clock.now(), "only a run that finds nothing ends the task"
    assert group.training.status(group.key).snapshot == rewritten
    assert group.people.get(group.collection, kept.person_id).person_id == kept.person_id


def test_a_rewriting_that_is_required_happens_once_no_training_is_under_way(
    group: TrainableGroup,
) -> None:
    group.add_person()
    group.train()
    owed = PendingTask.about(TaskKind.DELETIONS, group.collection, group.clock.now())
    group.tasks.require_rewriting(owed)
    group.training.request(group.key)
    run(group)
    (left,) = (one.task for one in group.tasks.all() if one.task.kind is TaskKind.DELETIONS)
    assert left.rewrite

    group.deliver_training()
    group.clock.advance(SHORTEST_ERASURE_PERIOD)
    run(group)

    assert not task(group).rewrite
    group.clock.advance(SHORTEST_ERASURE_PERIOD)
    run(group)
    assert list(group.tasks.all()) == []


def leave_older_snapshot(group: TrainableGroup) -> None:
    """As if the deletion of a replaced snapshot had been lost."""
    name = f"{group.collection.incarnation}/older"
    group.blobs.write(SNAPSHOTS, name, b"a replaced snapshot")
    group.files.modified[f"{SNAPSHOTS}/{name}"] -= timedelta(minutes=1)


def test_the_run_that_finds_nothing_removes_what_earlier_ones_could_not(
    group: TrainableGroup,
) -> None:
    group.add_person()
    group.train()
    group.tasks.ensure(PendingTask.about(TaskKind.DELETIONS, group.collection, group.clock.now()))
    leave_older_snapshot(group)
    group.training.request(group.key)

    run(group)

    assert "older" in group.snapshots(), "a training is under way"
    assert TaskKind.DELETIONS in {stored.task.kind for stored in group.tasks.all()}

    group.deliver_training()
    leave_older_snapshot(group)
    group.clock.advance(SHORTEST_ERASURE_PERIOD)
    run(group)
    assert "older" not in group.snapshots()
    assert list(group.tasks.all()) == []


def test_a_training_of_a_former_collection_of_the_same_name_does_not_matter(
    group: TrainableGroup,
) -> None:
    former = group.collection
    group.add_person()
    trained = group.train()
    group.collections.delete(group.key, former.incarnation)
    group.collections.create(replace(former, incarnation=new_id()))
    assert group.trainings.write(group.key, trained, None) is not None, "it comes too late"
    group.delete_person(group.add_person().person_id)

    run(group)

    assert not group.marks.any(group.collection.incarnation)
    assert group.training.version_in_use(group.collection) is None


def test_a_deletion_where_no_training_ever_succeeded_is_finished(group: TrainableGroup) -> None:
    assert group.train().status is TrainingStatus.FAILED, "there were no faces"
    group.delete_person(group.add_person().person_id)

    run(group)

    assert not group.marks.any(group.collection.incarnation)


@pytest.mark.parametrize("damage", ["missing", "torn"])
def test_marks_stay_until_a_snapshot_that_cannot_be_read_is_replaced(
    group: TrainableGroup, damage: str
) -> None:
    gone, kept = group.add_person(), group.add_person()
    group.train()
    group.delete_person(gone.person_id)
    for blob in list(group.blobs.listing(SNAPSHOTS)):
        if damage == "torn":
            group.blobs.write(SNAPSHOTS, blob.name, b"torn")
        else:
            group.blobs.delete(SNAPSHOTS, blob.name)

    run(group)

    assert group.marks.any(group.collection.incarnation)
    assert group.training.status(group.key).status is TrainingStatus.RUNNING
    group.deliver_training()
    group.clock.advance(SHORTEST_ERASURE_PERIOD)
    run(group)
    assert not group.marks.any(group.collection.incarnation)
    assert group.found() == {kept.persisted_face_id}


def test_what_was_rewritten_goes_where_a_training_was_requested_meanwhile(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, _ = group.add_person(), group.add_person()
    group.train()
    before = group.snapshots()
    group.delete_person(gone.person_id)
    erase = group.eraser.erase

    def overtaken(collection: Collection, version: str, deleted: frozenset[str]) -> object:
        built = erase(collection, version, deleted)
        assert built is not None
        group.training.request(group.key)
        return built

    monkeypatch.setattr(group.eraser, "erase", overtaken)

    run(group)

    assert group.snapshots() == before
    assert group.marks.any(group.collection.incarnation)


def test_marks_stay_while_the_index_that_holds_their_vectors_is_switched_off(
    group: TrainableGroup,
) -> None:
    gone = group.add_person()
    group.train()
    stored = group.trainings.find(group.key)
    assert stored is not None
    version = VectorVersion(new_id(), 1, "made-up", 4).name
    assert group.trainings.write(group.key, replace(stored.record, snapshot=version), stored)
    group.delete_person(gone.person_id)

    run(group)

    assert group.marks.any(group.collection.incarnation)
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_a_face_that_a_message_of_the_version_before_marks_names_is_marked(
    group: TrainableGroup,
) -> None:
    face = group.add_person(faces=2)
    message = ErasureMessage(
        group.key.kind.name,
        group.key.collection_id,
        group.collection.incarnation,
        face.person_id,
        face.persisted_face_id,
    )

    group.erasure.run(message)

    (mark,) = group.marks.all(group.collection.incarnation)
    assert (mark.person_id, mark.face_id) == (face.person_id, face.persisted_face_id)
    assert task(group).kind is TaskKind.DELETIONS
