"""What a process knows of deletions: read once, followed from there, begun anew when it must be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from shared.domain.collections import LARGE_PERSON_GROUP
from shared.domain.values import Collection, Person
from shared.services.galleries import followed_marks
from shared.services.galleries.followed_marks import FollowedMarks
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.marks import Mark, Marks, NewMarks
from shared.storage.records.collections.people import People
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id


class RecordedMarks(Marks):
    """Marks that record from where they were read and what was checked.

    Attributes:
        positions: of each call of ``since``.
        checked: number of marks of each call of ``committed``.
    """

    def __init__(self, store: SqliteDocumentStore, clock: ManualClock) -> None:
        super().__init__(store.container(PEOPLE), new_id, clock)
        self.positions: list[str | None] = []
        self.checked: list[int] = []

    def since(self, incarnation: str, position: str | None) -> NewMarks:
        self.positions.append(position)
        return super().since(incarnation, position)

    def committed(self, collection: Collection, marks: Sequence[Mark]) -> list[bool]:
        self.checked.append(len(marks))
        return super().committed(collection, marks)


def made() -> Collection:
    return Collection(LARGE_PERSON_GROUP, "people", "people", "recognition_04", new_id())


@pytest.fixture
def marks(store: SqliteDocumentStore, clock: ManualClock) -> RecordedMarks:
    return RecordedMarks(store, clock)


def test_what_is_known_is_not_read_again(marks: RecordedMarks) -> None:
    followed, collection, person = FollowedMarks(marks), made(), new_id()
    marks.announce(collection.incarnation, person)
    assert followed.read(collection).count == 1
    marks.announce(collection.incarnation, person)
    marks.announce(collection.incarnation, new_id())
    assert followed.read(collection).count == 2, "two deletions of one person are one"
    assert followed.read(collection).count == 2
    assert marks.positions[0] is None
    assert None not in marks.positions[1:]
    assert len(set(marks.positions)) == 3
    assert marks.checked == [1, 2], "decided marks are not checked again"


def test_a_mark_counts_once_its_document_is_gone_and_is_dropped_once_it_is_withdrawn(
    marks: RecordedMarks, store: SqliteDocumentStore
) -> None:
    followed, collection = FollowedMarks(marks), made()
    person = Person(new_id(), "person")
    People(store.container(PEOPLE)).create(collection, person)
    mark = marks.announce(collection.incarnation, person.person_id)
    assert followed.read(collection).count == 0
    assert followed.read(collection).count == 0
    marks.remove(collection.incarnation, [mark])
    for _ in range(3):
        assert followed.read(collection).count == 0
    assert marks.checked == [1, 1, 1], "a withdrawn mark is not checked again"


def test_a_collection_is_followed_anew_for_another_snapshot(marks: RecordedMarks) -> None:
    followed, collection = FollowedMarks(marks), made()
    mark = marks.announce(collection.incarnation, new_id())
    followed.read(collection)
    assert followed.are_of(collection.incarnation, "one")
    assert followed.are_of(collection.incarnation, "one")
    marks.remove(collection.incarnation, [mark])
    assert followed.read(collection).count == 1
    assert not followed.are_of(collection.incarnation, "two")
    assert followed.are_of(collection.incarnation, "two")
    assert followed.read(collection).count == 0
    assert marks.positions[-1] is None
    assert not followed.are_of(collection.incarnation, "three")
    assert not followed.are_of(collection.incarnation, "four")


def test_a_version_may_be_known_before_the_first_read(marks: RecordedMarks) -> None:
    followed, collection = FollowedMarks(marks), made()
    assert followed.are_of(collection.incarnation, "one")
    assert not followed.are_of(collection.incarnation, "two")


def test_a_deleted_collection_is_forgotten(marks: RecordedMarks) -> None:
    followed, collection, other = FollowedMarks(marks), made(), made()
    for one in (collection, other):
        marks.announce(one.incarnation, new_id())
        followed.read(one)
    followed.forget(collection.incarnation)
    followed.forget(collection.incarnation)
    followed.read(other)
    assert marks.positions[-1] is not None
    followed.read(collection)
    assert marks.positions[-1] is None


def test_the_collections_that_were_searched_last_stay(
    marks: RecordedMarks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed_marks, "_KEPT", 2)
    followed = FollowedMarks(marks)
    first, second, third = made(), made(), made()
    for one in (first, second, first, third):
        followed.read(one)
    marks.positions.clear()
    for one in (first, third):
        followed.read(one)
    assert None not in marks.positions
    followed.read(second)
    assert marks.positions[-1] is None
