"""Marks of deletions are read, followed and removed whole, whatever a page or a batch holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.domain.errors import DocumentMissing
from shared.domain.values import Collection, Person
from shared.storage.documents.store import Key, Operation
from shared.storage.layout import PEOPLE
from shared.storage.records.collections import marks as module
from shared.storage.records.collections.marks import Mark
from shared.storage.records.collections.tombstones import tombstone_partition
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

PAGE = 3


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAXIMUM_KEYS", PAGE)
    monkeypatch.setattr(module, "MAXIMUM_BATCH_OPERATIONS", PAGE)


def announced(group: TrainableGroup, number: int, *, faces: bool = False) -> list[Mark]:
    incarnation = group.collection.incarnation
    return [
        group.marks.announce(incarnation, new_id(), new_id() if faces else None)
        for _ in range(number)
    ]


def ids(marks: Sequence[Mark]) -> list[str]:
    return sorted(mark.attempt for mark in marks)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 6, 7, 10])
def test_marks_are_read_followed_and_removed(group: TrainableGroup, number: int) -> None:
    marks, incarnation = group.marks, group.collection.incarnation
    made = announced(group, number) + announced(group, number, faces=True)

    assert sorted(map(str, marks.all(incarnation))) == sorted(map(str, made))
    assert marks.any(incarnation) == bool(made)
    new = marks.since(incarnation, None)
    assert list(new.marks) == made
    assert marks.deleted_ids(incarnation) == {mark.face_id or mark.person_id for mark in made}
    assert marks.existing(incarnation, made) == made
    later = announced(group, 1)
    assert list(marks.since(incarnation, new.position).marks) == later

    marks.remove(incarnation, made)

    assert marks.all(incarnation) == later
    assert marks.existing(incarnation, [*made, *later]) == later
    marks.remove(incarnation, [*made, *later])
    assert not marks.any(incarnation)


@pytest.mark.parametrize("number", [0, 1, 3, 4, 7])
def test_a_mark_counts_once_its_document_is_gone(group: TrainableGroup, number: int) -> None:
    collection = group.collection
    made, existing = [], []
    for place in range(number):
        person_id = new_id()
        if place % 2:
            group.people.create(collection, Person(person_id, "person"))
        made.append(group.marks.announce(collection.incarnation, person_id))
        existing.append(bool(place % 2))

    assert group.marks.committed(collection, made) == [not one for one in existing]


def test_marks_of_one_person_are_those_of_it_and_its_faces(group: TrainableGroup) -> None:
    incarnation = group.collection.incarnation
    person_id = new_id()
    own = [group.marks.announce(incarnation, person_id, new_id()) for _ in range(4)]
    own.append(group.marks.announce(incarnation, person_id))
    announced(group, 5)
    assert ids(group.marks.of_person(incarnation, person_id)) == ids(own)


def test_ids_that_an_earlier_version_wrote_are_deleted_too(group: TrainableGroup) -> None:
    incarnation = group.collection.incarnation
    (mark,) = announced(group, 1)
    earlier = [new_id() for _ in range(3)]
    people = group.store.container(PEOPLE)
    people.create(Key(tombstone_partition(incarnation), "t.0"), {"ids": earlier})
    assert group.marks.since(incarnation, None).tombstones == set(earlier)
    assert group.marks.deleted_ids(incarnation) == {mark.person_id, *earlier}
    assert group.marks.all(incarnation) == [mark]
    group.marks.remove(incarnation, [mark])
    assert group.marks.any(incarnation)


def test_a_mark_says_when_it_was_announced(group: TrainableGroup) -> None:
    (first,) = announced(group, 1)
    group.clock.advance(timedelta(minutes=3))
    (second,) = announced(group, 1)
    assert second.announced - first.announced == timedelta(minutes=3)
    assert set(group.marks.all(group.collection.incarnation)) == {first, second}


def test_workers_that_remove_the_same_marks_do_not_disturb_each_other(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks, incarnation = group.marks, group.collection.incarnation
    made = announced(group, 7)
    remove, calls = marks._container.batch, []

    def batch(partition: str, operations: Sequence[Operation]) -> None:
        calls.append(len(operations))
        if len(calls) == 1:
            remove(partition, operations[:1])  # Another worker was faster.
            raise DocumentMissing("There is no document with that id.")
        remove(partition, operations)

    monkeypatch.setattr(marks._container, "batch", batch)

    marks.remove(incarnation, made)

    assert calls == [3, 2, 3, 1]
    assert not marks.any(incarnation)


def test_a_mark_whose_creation_was_carried_out_twice_is_one(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection: Collection = group.collection
    monkeypatch.setattr(group.marks, "_new_id", lambda: "one")
    person_id = new_id()
    for _ in range(2):
        group.marks.announce(collection.incarnation, person_id)
    assert len(group.marks.all(collection.incarnation)) == 1
