"""A request that is repeated under its key does not create again what was deleted meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from shared.api.http import Request, Response
from shared.api.idempotency import Idempotency
from shared.api.operations import Operation
from shared.domain.collections import (
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKind,
)
from shared.domain.directory import DirectoryPerson
from shared.domain.errors import DocumentExists, PersonNotFound, Unavailable
from shared.domain.identifiers import RequestIds
from shared.domain.values import Collection, Embedding, PersistedFace, Person
from shared.storage.documents.store import DocumentStore
from shared.storage.layout import COLLECTIONS, OPERATIONS, PEOPLE
from shared.storage.records.collections.deletions import CollectionDeletions
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.people import People
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.people import DirectoryPeople
from shared.storage.records.pending_tasks import PendingTasks
from shared.storage.records.requests.answered_requests import AnsweredRequestRecords
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.doubles.stores import KINDS, empty_store

CREATES = Operation("create", "POST", "persons", "Create.", creates=True)
MODEL = "recognition_04"
FACE = Embedding(np.ones(4, dtype=np.float32), "made-up")


@dataclass
class Kind:
    """One kind of what such requests create.

    Attributes:
        create: creates it under an id.
        delete: deletes it.
        exists: whether it can be read.
    """

    create: Callable[[str], None]
    delete: Callable[[str], None]
    exists: Callable[[str], bool]


class Site:
    """Everything that such requests create, in one store."""

    def __init__(self, store: DocumentStore, clock: ManualClock) -> None:
        self.ids = RequestIds(new_id)
        self.records = AnsweredRequestRecords(store.container(OPERATIONS))
        self.idempotency = Idempotency(self.ids, lambda: self.records)
        people = store.container(PEOPLE)
        self.people, self.listed = People(people), ListedFaces(people)
        self.directory = DirectoryPeople(people)
        self.directory_deletions = DirectoryDeletions(people)
        tasks = PendingTasks(store.container(COLLECTIONS))
        self.deletions = CollectionDeletions(people, Marks(people, new_id, clock), tasks, clock)
        self.person = Person(new_id(), "Ada")
        self.directory.create(DirectoryPerson(self.person.person_id, "Ada"))

    def kind(self, name: str) -> Kind:
        match name:
            case "person":
                return self._person(PERSON_GROUP)
            case "person of a large group":
                return self._person(LARGE_PERSON_GROUP)
            case "face":
                return self._face(PERSON_GROUP)
            case "face of a large group":
                return self._face(LARGE_PERSON_GROUP)
            case "face of a list":
                return self._listed_face(FACE_LIST)
            case "face of a large list":
                return self._listed_face(LARGE_FACE_LIST)
            case "person of the directory":
                return self._directory_person()
            case _:
                return self._directory_face()

    def post(
        self, kind: Kind, *, key: str = "a", after: Callable[[], None] = lambda: None
    ) -> Response:
        """Send a request; ``after`` happens between the creation and the answer."""

        def produce() -> Response:
            identifier = self.ids()
            with suppress(DocumentExists):
                kind.create(identifier)
            after()
            return Response(200, {}, identifier.encode())

        request = Request("POST", "", {"idempotency-key": key}, {}, {}, b"")
        return self.idempotency.respond(CREATES, request, "key:one", produce)

    def _person(self, kind: CollectionKind) -> Kind:
        group = Collection(kind, "a", "a", MODEL, new_id())
        return Kind(
            lambda one: self.people.create(group, Person(one, "Ada")),
            lambda one: self.deletions.delete_person(group, one, lambda _: None),
            lambda one: self.people.find_many(group, [one]) != [None],
        )

    def _face(self, kind: CollectionKind) -> Kind:
        group = Collection(kind, "a", "a", MODEL, new_id())
        self.people.create(group, self.person)
        owner = self.person.person_id
        return Kind(
            lambda one: self.people.add_face(group, PersistedFace(one, owner, FACE)),
            lambda one: self.deletions.delete_face(group, owner, one),
            lambda one: one in self.people.get(group, owner).persisted_face_ids,
        )

    def _listed_face(self, kind: CollectionKind) -> Kind:
        a_list = Collection(kind, "a", "a", MODEL, new_id())
        delete = (
            self.deletions.delete_listed_face if kind is LARGE_FACE_LIST else self.listed.delete
        )
        return Kind(
            lambda one: self.listed.add(a_list, PersistedFace(one, one, FACE), maximum=9),
            lambda one: delete(a_list, one),
            lambda one: self.listed.find_many(a_list, [one]) != [None],
        )

    def _directory_person(self) -> Kind:
        return Kind(
            lambda one: self.directory.create(DirectoryPerson(one, "Bob")),
            self.directory_deletions.delete,
            lambda one: self.directory.find_many([one]) != [None],
        )

    def _directory_face(self) -> Kind:
        owner = self.person.person_id
        return Kind(
            lambda one: self.directory.add_face(MODEL, PersistedFace(one, owner, FACE), maximum=9),
            lambda one: self.directory.delete_face(MODEL, owner, one),
            lambda one: one in self.directory.get(owner).faces_for(MODEL),
        )


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the test moves."""
    return ManualClock()


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    with empty_store(request.param, tmp_path, clock) as store:
        yield Site(store, clock)


def fail() -> None:
    raise Unavailable("The store cannot be reached.")


WHAT = (
    "person",
    "person of a large group",
    "face",
    "face of a large group",
    "face of a list",
    "face of a large list",
    "person of the directory",
    "face of the directory",
)


@pytest.mark.parametrize("what", WHAT)
def test_what_was_deleted_after_its_answer_was_lost_is_not_created_again(
    site: Site, what: str, clock: ManualClock
) -> None:
    kind = site.kind(what)
    created: list[str] = []
    create = kind.create

    def note(identifier: str) -> None:
        create(identifier)
        created.append(identifier)

    kind.create = note
    with pytest.raises(Unavailable):
        site.post(kind, after=fail)
    (lost,) = created
    assert kind.exists(lost)
    kind.delete(lost)
    clock.advance(timedelta(hours=23, minutes=59))

    with pytest.raises(Unavailable):
        site.post(kind, after=fail)
    answer = site.post(kind)

    assert (answer.status, answer.body.decode()) == (200, lost)
    assert site.post(kind).body == answer.body
    assert not kind.exists(lost)
    assert created == [lost]


@pytest.mark.parametrize("what", WHAT)
def test_what_exists_is_found_by_a_repetition_until_the_key_is_free_again(
    site: Site, what: str, clock: ManualClock
) -> None:
    kind = site.kind(what)
    with pytest.raises(Unavailable):
        site.post(kind, after=fail)
    clock.advance(timedelta(hours=23))
    found = site.post(kind).body.decode()
    assert kind.exists(found)
    clock.advance(timedelta(hours=24, minutes=1))

    other = site.post(kind).body.decode()

    assert other != found
    assert kind.exists(other)


def test_a_face_of_a_person_that_was_deleted_is_refused(site: Site) -> None:
    kind = site.kind("face of the directory")
    with pytest.raises(Unavailable):
        site.post(kind, after=fail)
    site.directory_deletions.delete(site.person.person_id)

    with pytest.raises(PersonNotFound):
        site.post(kind)


def test_ids_of_other_requests_leave_no_receipt(site: Site) -> None:
    kind = site.kind("person of the directory")
    one = new_id()
    kind.create(one)
    kind.delete(one)

    kind.create(one)

    assert kind.exists(one)
