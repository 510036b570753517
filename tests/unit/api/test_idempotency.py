"""What a lost answer, a fault or another caller do to a request with an Idempotency-Key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.api.http import Request, Response
from shared.api.idempotency import Idempotency
from shared.api.operations import Operation
from shared.domain.collections import LARGE_PERSON_GROUP
from shared.domain.errors import (
    DocumentExists,
    IdempotencyKeyReused,
    QuotaExceeded,
    Unavailable,
)
from shared.domain.identifiers import RequestIds
from shared.domain.values import Collection, Person
from shared.storage.documents.store import DocumentStore
from shared.storage.layout import OPERATIONS, PEOPLE
from shared.storage.records.collections.people import People
from shared.storage.records.requests.answered_requests import AnsweredRequestRecords
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.doubles.stores import KINDS, empty_store

CREATES = Operation("create", "POST", "persons", "Create.", creates=True)
CALLER = "key:one"


@pytest.fixture(params=KINDS)
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[DocumentStore]:
    """An empty store of each kind, with the same clock."""
    with empty_store(request.param, tmp_path, clock) as store:
        yield store


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the test moves."""
    return ManualClock()


class Persons:
    """An operation that creates a person."""

    def __init__(self, store: DocumentStore) -> None:
        self.ids = RequestIds(new_id)
        self.records = AnsweredRequestRecords(store.container(OPERATIONS))
        self.idempotency = Idempotency(self.ids, lambda: self.records)
        self.people = People(store.container(PEOPLE))
        self.group = Collection(LARGE_PERSON_GROUP, "a", "a", "recognition_04", new_id())

    def post(
        self,
        key: str,
        name: str = "Ada",
        *,
        caller: str = CALLER,
        after: Callable[[], None] = lambda: None,
    ) -> str:
        """The personId in the answer; ``after`` happens between the creation and the answer."""
        body = name.encode()
        request = Request("POST", "", {"idempotency-key": key}, {}, {}, body)

        def produce() -> Response:
            person = Person(self.ids(), name)
            try:
                self.people.create(self.group, person)
            except DocumentExists:
                assert self.people.get(self.group, person.person_id) == person
            after()
            return Response(200, {"Content-Type": "text/plain"}, person.person_id.encode())

        return self.idempotency.respond(CREATES, request, caller, produce).body.decode()

    def count(self) -> int:
        return self.people.count_persons(self.group)


@pytest.fixture
def persons(store: DocumentStore) -> Persons:
    return Persons(store)


def fail() -> None:
    raise Unavailable("The store cannot be reached.")


def die() -> None:
    raise SystemExit


@pytest.mark.parametrize("end", [fail, die])
def test_a_request_whose_answer_was_lost_is_carried_out_again_with_the_same_id(
    persons: Persons, end: Callable[[], None]
) -> None:
    with pytest.raises((Unavailable, SystemExit)):
        persons.post("a", after=end)
    assert persons.count() == 1
    found = persons.post("a")
    assert [one.person_id for one in persons.people.page(persons.group, start="", top=9)] == [found]
    assert persons.post("a") == found
    with pytest.raises(IdempotencyKeyReused):
        persons.post("a", "Bob")


def test_the_same_request_beside_one_answers_what_the_first_one_answers(persons: Persons) -> None:
    beside: list[str] = []
    first = persons.post("a", after=lambda: beside.append(persons.post("a")))
    assert beside == [first]
    assert persons.count() == 1


def test_a_request_that_lost_the_last_place_to_itself_is_answered(persons: Persons) -> None:
    def full() -> None:
        persons.post("a")
        raise QuotaExceeded("It is full.")

    assert persons.post("a", after=full) == persons.post("a")
    assert persons.count() == 1


def test_a_key_is_free_again_after_24_hours(persons: Persons, clock: ManualClock) -> None:
    first = persons.post("a")
    clock.advance(timedelta(hours=23, minutes=59))
    assert persons.post("a") == first
    clock.advance(timedelta(minutes=2))
    assert persons.post("a", "Bob") != first
    assert persons.count() == 2


def test_keys_of_different_callers_are_different_keys(persons: Persons) -> None:
    assert persons.post("a") != persons.post("a", caller="key:two")
    assert persons.count() == 2


def test_an_answer_that_cannot_be_stored_is_given_all_the_same(
    persons: Persons, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persons.records, "finish", lambda *_: fail())
    first = persons.post("a")
    monkeypatch.undo()
    assert persons.post("a") == first
    assert persons.count() == 1


def test_no_name_is_stored_with_the_answer(persons: Persons, store: DocumentStore) -> None:
    person_id = persons.post("a", "a name of a person")
    digest = hashlib.sha256(json.dumps([CALLER, "a"]).encode()).hexdigest()
    (document,) = store.container(OPERATIONS).page(f"request.{digest}")
    assert person_id in str(document.body)
    assert "a name" not in str(document.body)
