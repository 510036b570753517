"""Quotas: what is counted, how rarely, and the errors when there is no room."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest

from shared.domain.collections import (
    COLLECTIONS,
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKind,
)
from shared.domain.errors import QuotaExceeded
from shared.domain.quotas import FREE, STANDARD, UNLIMITED, adjusted, quota_names
from shared.domain.values import Collection, Embedding, PersistedFace, Person
from shared.services.collections.quota_guard import QuotaGuard
from shared.services.collections.quotas import QuotaChecks
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import COLLECTIONS as COLLECTION_CONTAINER
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.deletions import CollectionDeletions
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.people import People
from shared.storage.records.collections.person_counters import PersonCounters
from shared.storage.records.directory.people import DirectoryPeople
from shared.storage.records.pending_tasks import PendingTasks
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id

FULL = "It is full."


class Counted:
    """A bounded quantity that records how often it was counted."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.counts = 0

    def count(self) -> int:
        self.counts += 1
        return self.number

    def add(self, guard: QuotaGuard, quota: int) -> None:
        with guard.room("things", quota, self.count, FULL):
            self.number += 1


def test_exactly_so_many_are_let_in(clock: ManualClock) -> None:
    guard, things = QuotaGuard(clock), Counted()
    for _ in range(200):
        things.add(guard, 200)
    with pytest.raises(QuotaExceeded, match=FULL):
        things.add(guard, 200)
    assert things.number == 200


def test_much_room_is_counted_seldom(clock: ManualClock) -> None:
    guard, things = QuotaGuard(clock), Counted()
    for _ in range(1_000):
        things.add(guard, 1_000_000)
    assert things.counts == 1


def test_an_old_count_is_not_trusted(clock: ManualClock) -> None:
    guard, things = QuotaGuard(clock), Counted()
    things.add(guard, 1_000_000)
    things.number = 1_000_000
    clock.advance(timedelta(minutes=5))
    with pytest.raises(QuotaExceeded):
        things.add(guard, 1_000_000)


def test_what_is_full_is_counted_again_after_five_seconds_or_a_deletion(
    clock: ManualClock,
) -> None:
    guard, things = QuotaGuard(clock), Counted(10)
    for _ in range(3):
        with pytest.raises(QuotaExceeded):
            things.add(guard, 10)
    assert things.counts == 1
    things.number = 9
    clock.advance(timedelta(seconds=5))
    things.add(guard, 10)
    with pytest.raises(QuotaExceeded):
        things.add(guard, 10)
    things.number = 9
    guard.freed("things")
    things.add(guard, 10)


def test_threads_together_keep_the_quota(clock: ManualClock) -> None:
    guard, things = QuotaGuard(clock), Counted()

    def attempt(_: int) -> bool:
        try:
            things.add(guard, 20)
        except QuotaExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        admitted = list(pool.map(attempt, range(60)))
    assert sum(admitted) == things.number == 20


class LimitedStore:
    """A store whose additions are checked against quotas."""

    def __init__(self, store: SqliteDocumentStore, clock: ManualClock, text: str) -> None:
        self.records = CollectionRecords(store.container(COLLECTION_CONTAINER))
        self.people = People(store.container(PEOPLE))
        self.faces = ListedFaces(store.container(PEOPLE))
        self.deletions = CollectionDeletions(
            store.container(PEOPLE),
            Marks(store.container(PEOPLE), new_id, clock),
            PendingTasks(store.container(COLLECTION_CONTAINER)),
            clock,
        )
        self.person_counters = PersonCounters(store.container(COLLECTION_CONTAINER))
        self.checks = QuotaChecks(
            adjusted(STANDARD, text),
            QuotaGuard(clock),
            self.records,
            self.people,
            self.faces,
            self.person_counters,
            DirectoryPeople(store.container(PEOPLE)),
        )

    def collection(self, kind: CollectionKind) -> Collection:
        made = Collection(kind, f"c{uuid.uuid4().hex}", "name", "recognition_01", new_id())
        with self.checks.room_for_collection(kind):
            self.records.create(made)
        return made

    def person(self, collection: Collection) -> str:
        person = Person(new_id(), "name")
        with self.checks.room_for_person(collection):
            self.people.create(collection, person)
        self.checks.person_created(collection, person.person_id)
        return person.person_id

    def face(self, collection: Collection) -> str:
        face_id = new_id()
        face = PersistedFace(face_id, face_id, Embedding(np.full(4, 0.5, np.float32), "model"))
        with self.checks.room_for_listed_face(collection) as maximum:
            self.faces.add(collection, face, maximum=maximum)
        return face_id


Stand = Callable[[str], LimitedStore]


@pytest.fixture
def stand(store: SqliteDocumentStore, clock: ManualClock) -> Stand:
    return lambda text: LimitedStore(store, clock, text)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (PERSON_GROUP, "Person group number reached subscription level limit."),
        (LARGE_PERSON_GROUP, "Large person group number reached subscription level limit."),
        (FACE_LIST, "Face List number reached limit."),
        (LARGE_FACE_LIST, "Large Face List number reached limit."),
    ],
)
def test_collections_of_each_kind_are_bounded(
    stand: Stand, kind: CollectionKind, message: str
) -> None:
    limited = stand(f"{kind.name}.count=2")
    for _ in range(2):
        limited.collection(kind)
    with pytest.raises(QuotaExceeded) as refused:
        limited.collection(kind)
    assert refused.value.message == message


def test_persons_counted_at_once_all_count(store: SqliteDocumentStore) -> None:
    container = store.container(COLLECTION_CONTAINER)
    person_id = new_id()

    def count(number: int) -> None:
        PersonCounters(container).add(PERSON_GROUP, person_id, -1 if number % 4 == 0 else 1)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(count, range(64)))

    assert PersonCounters(container).total(PERSON_GROUP) == 32


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (PERSON_GROUP, "Person number reached person group level limit."),
        (LARGE_PERSON_GROUP, "Person number reached large person group level limit."),
    ],
)
def test_persons_of_a_group_are_bounded(stand: Stand, kind: CollectionKind, message: str) -> None:
    limited = stand(f"{kind.name}.persons=2")
    group = limited.collection(kind)
    first = limited.person(group)
    limited.person(group)
    with pytest.raises(QuotaExceeded) as refused:
        limited.person(group)
    assert refused.value.message == message
    limited.deletions.delete_person(group, first)
    limited.checks.person_deleted(group, first)
    limited.person(group)


def test_persons_of_all_groups_are_bounded(stand: Stand) -> None:
    limited = stand("PersonGroup.personsOverAll=3")
    one, other = limited.collection(PERSON_GROUP), limited.collection(PERSON_GROUP)
    limited.person(one)
    limited.person(one)
    limited.person(other)
    with pytest.raises(QuotaExceeded) as refused:
        limited.person(other)
    assert refused.value.message == "Person number reached subscription level limit."
    limited.checks.collection_deleted(one)
    assert limited.person_counters.total(PERSON_GROUP) == 1
    limited.person(other)


@pytest.mark.parametrize("kind", [FACE_LIST, LARGE_FACE_LIST])
def test_faces_of_a_list_are_bounded(stand: Stand, kind: CollectionKind) -> None:
    limited = stand(f"{kind.name}.faces=3")
    faces = limited.collection(kind)
    first, *_ = [limited.face(faces) for _ in range(3)]
    with pytest.raises(QuotaExceeded) as refused:
        limited.face(faces)
    assert refused.value.message == "Persisted face number reached limit."
    if kind is LARGE_FACE_LIST:
        limited.deletions.delete_listed_face(faces, first)
    else:
        limited.faces.delete(faces, first)
    limited.checks.listed_face_deleted(faces)
    limited.face(faces)
    assert limited.faces.count(faces) == 3


def test_a_tier_has_the_published_numbers() -> None:
    assert STANDARD.faces_per_person == FREE.faces_per_person == 248
    assert STANDARD.of(PERSON_GROUP).items == 10_000
    assert STANDARD.of(LARGE_FACE_LIST).items == 1_000_000
    assert FREE.of(PERSON_GROUP).items_over_all == 1_000
    assert FREE.of(LARGE_PERSON_GROUP).items_over_all == UNLIMITED
    assert {STANDARD.of(kind).collections for kind in COLLECTIONS} == {1_000_000, 64}


def test_single_quotas_replace_those_of_the_tier() -> None:
    text = ",".join(f"{name}={number}" for number, name in enumerate(quota_names(), 1))
    quotas = adjusted(FREE, text)
    place = {name: number for number, name in enumerate(quota_names(), 1)}
    assert quotas.faces_per_person == place["Person.faces"]
    for kind in COLLECTIONS:
        lists = kind in (FACE_LIST, LARGE_FACE_LIST)
        items = f"{kind.name}.faces" if lists else f"{kind.name}.persons"
        assert quotas.of(kind).collections == place[f"{kind.name}.count"]
        assert quotas.of(kind).items == place[items]
    assert quotas.of(PERSON_GROUP).items_over_all == place["PersonGroup.personsOverAll"]
    assert adjusted(FREE, "") == FREE


@pytest.mark.parametrize(
    "text", ["persons", "Person.faces=0", "Person.faces=-1", "Person.faces=x", "Other.count=3"]
)
def test_an_invalid_quota_is_rejected_with_all_names(text: str) -> None:
    with pytest.raises(ValueError, match=r"LargeFaceList\.faces"):
        adjusted(STANDARD, text)
