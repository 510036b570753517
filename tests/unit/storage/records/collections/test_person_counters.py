"""Persons are counted over all groups of a kind."""

from __future__ import annotations

import pytest

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP
from shared.domain.errors import DocumentMissing
from shared.storage.documents.store import DocumentContainer, DocumentStore, Key
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.person_counters import PersonCounters

PERSON = "0123abcd-0000-4000-8000-000000000005"


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


@pytest.fixture
def counters(container: DocumentContainer) -> PersonCounters:
    return PersonCounters(container)


def test_what_is_added_and_subtracted_is_the_total_of_a_kind(counters: PersonCounters) -> None:
    assert counters.total(PERSON_GROUP) == 0
    for number, digit in enumerate("0123456789abcdef", start=1):
        counters.add(PERSON_GROUP, digit + PERSON[1:], number)
        counters.add(PERSON_GROUP, digit + PERSON[1:], 2)
    counters.add(PERSON_GROUP, PERSON, -3)
    counters.add(LARGE_PERSON_GROUP, PERSON, 7)
    assert counters.total(PERSON_GROUP) == sum(range(1, 17)) + 2 * 16 - 3
    assert counters.total(LARGE_PERSON_GROUP) == 7


def test_the_first_digit_of_an_id_selects_the_document(
    counters: PersonCounters, container: DocumentContainer
) -> None:
    counters.add(PERSON_GROUP, PERSON, 1)
    document = container.get(Key("PersonGroup:0", "n.persons"))
    assert document is not None
    assert document.body == {"persons": 1}


def test_a_counter_that_another_request_creates_first_is_added_to(
    counters: PersonCounters, monkeypatch: pytest.MonkeyPatch, container: DocumentContainer
) -> None:
    counters.add(PERSON_GROUP, PERSON, 5)
    increment, missed = container.increment, list[int]()

    def not_yet(key: Key, member: str, change: int) -> None:
        if not missed:
            missed.append(change)
            raise DocumentMissing("There is no document with that id.")
        increment(key, member, change)

    monkeypatch.setattr(container, "increment", not_yet)

    counters.add(PERSON_GROUP, PERSON, 2)

    assert counters.total(PERSON_GROUP) == 7
