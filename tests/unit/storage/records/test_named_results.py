"""Entries say which results name a person or face, until they expire after the results."""

from __future__ import annotations

import pytest

from shared.domain.errors import DocumentMissing
from shared.storage.documents.store import Body, Document, DocumentContainer, DocumentStore, Key
from shared.storage.layout import INGESTIONS
from shared.storage.records import named_results as module
from shared.storage.records.named_results import NamedResult, NamedResultRecords
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id

LIFE = 600


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(INGESTIONS)


@pytest.fixture
def entries(container: DocumentContainer) -> NamedResultRecords:
    return NamedResultRecords(container, time_to_live=LIFE)


@pytest.mark.parametrize("number", [0, 1, 3, 4, 7])
def test_every_id_leads_to_the_results_that_name_it(
    entries: NamedResultRecords, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(module, "MAXIMUM_KEYS", 3)
    incarnation, ids = new_id(), [new_id() for _ in range(number)]
    entries.add(incarnation, "one.json", ids)
    entries.add(incarnation, "two.json", ids[:1])
    entries.add(new_id(), "three.json", ids)

    for one in ids:
        results = {"one.json", "two.json"} if one == ids[0] else {"one.json"}
        found = entries.of(incarnation, one)
        assert {entry.result for entry in found} == results
        assert {entry.named_id for entry in found} == {one}
    assert entries.of(incarnation, new_id()) == []


def test_entries_of_a_collection_are_read_until_none_is_left(entries: NamedResultRecords) -> None:
    incarnation, ids = new_id(), [new_id() for _ in range(40)]
    entries.add(incarnation, "one.json", ids)
    read: list[NamedResult] = []

    while some := entries.some(incarnation, limit=3):
        assert len(some) <= 3
        read += some
        entries.remove(incarnation, some)
        entries.remove(incarnation, some)

    assert sorted(one.named_id for one in read) == sorted(ids)
    assert all(entries.of(incarnation, one) == [] for one in ids)


def test_an_entry_that_is_added_again_lives_anew(
    entries: NamedResultRecords, clock: ManualClock
) -> None:
    incarnation, again, once = new_id(), new_id(), new_id()
    entries.add(incarnation, "one.json", [again, once])
    clock.advance(LIFE - 1)
    entries.add(incarnation, "one.json", [again])
    clock.advance(LIFE - 1)
    assert len(entries.of(incarnation, again)) == 1
    assert entries.of(incarnation, once) == []
    clock.advance(1)
    assert entries.of(incarnation, again) == []


@pytest.mark.parametrize("created", [False, True], ids=["gone", "created again"])
def test_an_entry_that_is_removed_while_it_is_added_again_is_there(
    entries: NamedResultRecords,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    created: bool,
    container: DocumentContainer,
) -> None:
    incarnation, one = new_id(), new_id()
    entries.add(incarnation, "one.json", [one])
    replace, missed = container.replace, list[Key]()

    def removed(
        key: Key, body: Body, *, etag: str | None = None, ttl: int | None = None
    ) -> Document:
        if not missed:
            missed.append(key)
            container.delete(key)
            if created:
                container.create(key, body, ttl=1)
            raise DocumentMissing("There is no document with that id.")
        return replace(key, body, etag=etag, ttl=ttl)

    monkeypatch.setattr(container, "replace", removed)

    entries.add(incarnation, "one.json", [one])

    clock.advance(LIFE - 1)
    assert len(entries.of(incarnation, one)) == 1


def test_an_entry_lies_in_the_partition_of_the_first_digit(
    entries: NamedResultRecords, container: DocumentContainer
) -> None:
    one = "0123abcd-0000-4000-8000-000000000005"
    entries.add("incarnation", "one.json", [one])
    assert len(container.page("named:incarnation:0", prefix=f"{one}.")) == 1
