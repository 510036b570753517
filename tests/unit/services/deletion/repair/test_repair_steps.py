"""What one step of the repair does to a partition with the damage of an earlier version."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import pytest

from shared.domain.collections import LARGE_FACE_LIST
from shared.domain.values import PersistedFace, TrainingStatus
from shared.storage.documents.store import Key
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.people import person_key
from shared.storage.records.collections.tombstones import tombstone_partition
from shared.storage.records.face_documents import face_document_id, partition_of
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

PARTITIONS = 16


def bury(group: TrainableGroup, chunk: int, ids: Iterable[str]) -> None:
    """Write tombstones as an earlier version did."""
    partition = tombstone_partition(group.collection.incarnation)
    group.store.container(PEOPLE).create(Key(partition, f"t.{chunk}"), {"ids": list(ids)})


def tombstones(group: TrainableGroup) -> list[list[str]]:
    partition = tombstone_partition(group.collection.incarnation)
    chunks = group.store.container(PEOPLE).page(partition, prefix="t.")
    return [chunk.body["ids"] for chunk in chunks]


def partition_number(person_id: str) -> int:
    return int(person_id[0], 16)


def walk(group: TrainableGroup, *, until: int = PARTITIONS) -> None:
    """Repair the partitions before the last step."""
    for partition in range(until):
        assert group.repair.step(group.collection, partition) == partition + 1


def test_a_face_that_its_person_does_not_list_goes(group: TrainableGroup) -> None:
    listed = group.add_person(faces=2)
    orphan = face_document_id(listed.person_id, new_id())
    place = Key(partition_of(group.collection, listed.person_id), orphan)
    group.store.container(PEOPLE).create(place, {})

    walk(group)

    assert group.store.container(PEOPLE).get(place) is None
    person = group.people.get(group.collection, listed.person_id)
    assert group.stored() == set(person.persisted_face_ids)


def test_more_orphans_than_one_write_deletes_go(group: TrainableGroup) -> None:
    gone, kept = group.add_person(faces=130), group.add_person()
    group.store.container(PEOPLE).delete(person_key(group.collection, gone.person_id))
    number = partition_number(gone.person_id)

    assert group.repair.step(group.collection, number) == number + 1

    assert group.stored() == {kept.persisted_face_id}


def test_a_tombstone_of_an_existing_person_is_withdrawn_and_no_other(
    group: TrainableGroup,
) -> None:
    hidden, gone = group.add_person(), [new_id(), new_id()]
    bury(group, 0, [gone[0], hidden.person_id])
    bury(group, 1, [gone[1]])

    walk(group)

    assert tombstones(group) == [[gone[0]], [gone[1]]]
    assert group.stored() == {hidden.persisted_face_id}


def test_a_partition_that_hides_someone_waits_for_the_training_under_way(
    group: TrainableGroup,
) -> None:
    hidden = group.add_person()
    group.train()
    bury(group, 0, [hidden.person_id])
    number = partition_number(hidden.person_id)
    group.training.request(group.key)
    assert group.repair.step(group.collection, number) == number
    assert tombstones(group) == [[hidden.person_id]]
    group.deliver_training()

    assert group.repair.step(group.collection, number) == number + 1

    assert tombstones(group) == [[]]
    assert group.repair.step(group.collection, PARTITIONS) is None
    assert group.training.status(group.key).status is TrainingStatus.RUNNING, "it is trained anew"


def test_a_whole_snapshot_that_hides_nothing_is_not_trained_anew(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, amended_from=10**6)
    group.add_person()
    trained = group.train()
    walk(group)
    group.training.request(group.key)

    assert group.repair.step(group.collection, PARTITIONS) is None, "it waits for no training"

    group.deliver_training()
    assert not trained.whole
    assert not group.training.status(group.key).whole
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED
    group.store.close()


def test_a_delta_is_replaced_by_a_whole_training_once_none_is_under_way(
    group: TrainableGroup,
) -> None:
    for _ in range(12):
        group.add_person()
    group.train()
    group.add_person()
    group.train()
    assert group.is_trained_by_deltas
    group.training.request(group.key)
    assert group.repair.step(group.collection, PARTITIONS) == PARTITIONS
    group.deliver_training()
    assert not group.training.status(group.key).whole

    assert group.repair.step(group.collection, PARTITIONS) is None

    required = group.training.status(group.key)
    assert (required.status, required.whole) == (TrainingStatus.RUNNING, True)
    group.deliver_training()
    assert group.found() == group.stored()


def test_what_is_left_of_the_tombstones_of_a_group_becomes_marks(group: TrainableGroup) -> None:
    gone = [new_id() for _ in range(3)]
    bury(group, 0, gone[:2])
    bury(group, 1, gone[2:])

    assert group.repair.step(group.collection, PARTITIONS) is None

    marks = group.marks.all(group.collection.incarnation)
    assert {(mark.person_id, mark.face_id) for mark in marks} == {(one, None) for one in gone}
    assert (
        len(group.store.container(PEOPLE).page(f"{group.collection.incarnation}:tombstones")) == 3
    )


def test_what_is_left_of_the_tombstones_of_a_list_becomes_marks_of_faces(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, kind=LARGE_FACE_LIST)
    made = [group.made_up_face(new_id()) for _ in range(3)]
    for one in made:
        listed = PersistedFace(one.persisted_face_id, one.persisted_face_id, one.embedding)
        group.listed.add(group.collection, listed, maximum=3)
    gone, hidden = new_id(), made[0].persisted_face_id
    bury(group, 0, [gone, hidden])

    walk(group)
    assert group.repair.step(group.collection, PARTITIONS) is None

    (mark,) = group.marks.all(group.collection.incarnation)
    assert (mark.person_id, mark.face_id) == (gone, gone)
    assert group.stored() == {one.persisted_face_id for one in made}
    group.store.close()


def test_a_repair_says_how_many_it_repaired_and_nothing_where_there_was_none(
    group: TrainableGroup, caplog: pytest.LogCaptureFixture
) -> None:
    gone, hidden = group.add_person(faces=2), group.add_person()
    with caplog.at_level(logging.WARNING):
        walk(group)
    assert caplog.records == []
    group.store.container(PEOPLE).delete(person_key(group.collection, gone.person_id))
    bury(group, 0, [hidden.person_id])

    with caplog.at_level(logging.WARNING):
        walk(group)

    orphans = sum(vars(record)["orphans"] for record in caplog.records)
    shown = sum(vars(record)["shown"] for record in caplog.records)
    assert (orphans, shown) == (2, 1)
