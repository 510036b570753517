"""Collections are created once, changed one after another and deleted with what belongs to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.collections import (
    DYNAMIC_PERSON_GROUP,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKey,
)
from shared.domain.errors import (
    CollectionExists,
    CollectionNotFound,
    ConcurrentOperation,
    DocumentChanged,
    DocumentConflict,
    DocumentMissing,
)
from shared.domain.face.enrolment import (
    NO_RULES,
    EnrolmentRules,
    FaceChoice,
    MinimumQuality,
)
from shared.domain.values import Collection, NameIndex, TrainingRecord, TrainingStatus
from shared.storage.documents.store import (
    MAXIMUM_KEYS,
    Document,
    DocumentContainer,
    DocumentStore,
    Key,
)
from shared.storage.layout import COLLECTIONS
from shared.storage.records.collections.collections import (
    CollectionRecords,
    document_key,
    training_key,
)
from shared.storage.records.collections.trainings import TrainingRecords
from tests.doubles.identifiers import new_id
from tests.unit.storage.records.refused_writes import refuse_writes

ATTEMPTS = 8
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(COLLECTIONS)


@pytest.fixture
def records(container: DocumentContainer) -> CollectionRecords:
    return CollectionRecords(container)


def made_up(collection_id: str = "people") -> Collection:
    return Collection(
        LARGE_PERSON_GROUP,
        collection_id,
        "People",
        "recognition_04",
        new_id(),
        user_data="data",
        names=NameIndex.READY,
    )


def created(records: CollectionRecords, collection_id: str = "people") -> Collection:
    collection = made_up(collection_id)
    records.create(collection)
    return collection


def renamed(collection: Collection) -> Collection:
    return replace(collection, name="Other")


def test_a_collection_is_read_as_it_was_written_and_its_id_is_taken(
    records: CollectionRecords,
) -> None:
    collection = created(records)
    other = replace(made_up(), kind=PERSON_GROUP, user_data=None, names=NameIndex.OFF)
    records.create(other)
    absent = CollectionKey(PERSON_GROUP, "absent")
    assert records.get(collection.key) == records.find(collection.key) == collection
    assert records.find_many([other.key, absent, collection.key]) == [other, None, collection]
    with pytest.raises(CollectionExists):
        records.create(made_up())
    assert records.find(absent) is None
    with pytest.raises(CollectionNotFound):
        records.get(absent)


@pytest.mark.parametrize("quality", [None, *MinimumQuality])
@pytest.mark.parametrize("faces", [None, *FaceChoice])
def test_the_rules_of_enrolment_are_read_as_they_were_written(
    records: CollectionRecords, quality: MinimumQuality | None, faces: FaceChoice | None
) -> None:
    rules = EnrolmentRules(quality, faces)
    collection = replace(made_up(), gate=rules)
    records.create(collection)
    assert records.get(collection.key).gate == (rules if rules.any else NO_RULES)


def test_a_collection_lies_where_an_earlier_version_put_it() -> None:
    key = CollectionKey(PERSON_GROUP, "people")
    digest = hashlib.sha1(b"people", usedforsecurity=False).hexdigest()
    assert len({digest[0], digest[1], digest[-1]}) == 3
    partition = f"PersonGroup:{digest[0]}"
    assert document_key(key) == Key(partition, "c.people")
    assert training_key(key) == Key(partition, "t.people")


def test_of_those_that_intend_to_create_a_collection_one_does(
    records: CollectionRecords, container: DocumentContainer
) -> None:
    one, other = made_up(), made_up()
    first, second = records.intend(one.key), records.intend(one.key)
    assert first == second
    assert records.create_intended(one, first)
    assert not records.create_intended(other, second)
    assert records.get(one.key) == one
    late = records.intend(one.key)
    assert not records.create_intended(other, late), "its id is taken"
    records.abandon(one.key, late)
    records.abandon(one.key, late)
    assert container.count(document_key(one.key).partition) == 1


def test_an_intent_that_another_process_announces_first_is_used(
    records: CollectionRecords, monkeypatch: pytest.MonkeyPatch, container: DocumentContainer
) -> None:
    key = made_up().key
    there = records.intend(key)
    get, hidden = container.get, list[object]()

    def not_yet(place: object) -> object:
        if not hidden:
            hidden.append(place)
            return None
        return get(place)  # type: ignore[arg-type]

    monkeypatch.setattr(container, "get", not_yet)
    assert records.intend(key) == there


def test_a_deletion_revokes_intents_and_takes_the_training_along(
    records: CollectionRecords, container: DocumentContainer
) -> None:
    collection = created(records)
    trainings = TrainingRecords(container)
    training = TrainingRecord(
        collection.incarnation, new_id(), TrainingStatus.RUNNING, created=NOW, last_action=NOW
    )
    assert trainings.write(collection.key, training, None) is not None
    intent = records.intend(collection.key)

    records.delete(collection.key, collection.incarnation)

    assert container.count(document_key(collection.key).partition) == 0
    assert container.get(training_key(collection.key)) is None
    assert not records.create_intended(made_up(), intent)
    with pytest.raises(CollectionNotFound):
        records.delete(collection.key, collection.incarnation)


def test_only_the_incarnation_that_is_meant_is_deleted_or_touched(
    records: CollectionRecords,
) -> None:
    collection = created(records)
    with pytest.raises(CollectionNotFound):
        records.delete(collection.key, new_id())
    assert not records.touch(collection.key, new_id())
    assert not records.touch(CollectionKey(PERSON_GROUP, "absent"), collection.incarnation)
    assert records.get(collection.key) == collection


def test_a_touched_collection_is_as_it_was_and_overtakes_a_deletion(
    records: CollectionRecords,
) -> None:
    collection = created(records)
    announced: list[int] = []

    def announce() -> None:
        announced.append(1)
        if len(announced) == 1:
            assert records.touch(collection.key, collection.incarnation)
            assert records.get(collection.key) == collection

    records.delete(collection.key, collection.incarnation, announce)

    assert len(announced) == 2
    assert records.find(collection.key) is None


@pytest.mark.parametrize("error", [DocumentChanged, DocumentMissing])
def test_a_touch_that_others_overtake_changes_nothing(
    records: CollectionRecords, error: type[DocumentConflict], container: DocumentContainer
) -> None:
    collection = created(records)
    with pytest.MonkeyPatch.context() as patch:
        refuse_writes(patch, container, 1, error)
        assert not records.touch(collection.key, collection.incarnation)


def test_a_collection_that_is_deleted_while_it_is_changed_is_not_found(
    records: CollectionRecords, container: DocumentContainer
) -> None:
    collection = created(records)
    with pytest.MonkeyPatch.context() as patch:
        refuse_writes(patch, container, 1, DocumentMissing)
        with pytest.raises(CollectionNotFound):
            records.update(collection.key, renamed)
    assert records.update(collection.key, renamed) == renamed(collection)
    assert records.get(collection.key) == renamed(collection)


WRITES: dict[str, Callable[[CollectionRecords, Collection], object]] = {
    "update": lambda records, one: records.update(one.key, renamed),
    "delete": lambda records, one: records.delete(one.key, one.incarnation),
}


@pytest.mark.parametrize(
    ("name", "error"),
    [("update", DocumentChanged), ("delete", DocumentChanged), ("delete", DocumentMissing)],
)
def test_eight_attempts_are_made_and_the_last_one_counts(
    records: CollectionRecords,
    name: str,
    error: type[DocumentConflict],
    container: DocumentContainer,
) -> None:
    collection, write = created(records), WRITES[name]
    with pytest.MonkeyPatch.context() as patch:
        tried = refuse_writes(patch, container, ATTEMPTS, error)
        with pytest.raises(ConcurrentOperation):
            write(records, collection)
        assert len(tried) == ATTEMPTS
    assert records.get(collection.key) == collection
    with pytest.MonkeyPatch.context() as patch:
        tried = refuse_writes(patch, container, ATTEMPTS - 1, error)
        write(records, collection)
        assert len(tried) == ATTEMPTS
    assert records.find(collection.key) != collection


def test_pages_of_collections_are_in_order_of_id_and_of_one_kind(
    records: CollectionRecords,
) -> None:
    ids = sorted(f"group-{number}" for number in range(240))
    for collection_id in ids:
        created(records, collection_id)
    records.create(replace(made_up("group-0"), kind=PERSON_GROUP))
    read: list[str] = []
    while found := records.page(LARGE_PERSON_GROUP, start=read[-1] if read else "", top=100):
        read += [collection.collection_id for collection in found]
        assert len(read) in (100, 200, 240)
    assert read == ids
    assert len(records.page(LARGE_PERSON_GROUP, start="", top=1_000)) == 240
    assert records.count(LARGE_PERSON_GROUP) == 240
    assert records.count(PERSON_GROUP) == 1
    assert records.count(DYNAMIC_PERSON_GROUP) == 0


def test_the_largest_page_asks_a_store_for_no_more_than_it_answers(
    records: CollectionRecords, monkeypatch: pytest.MonkeyPatch, container: DocumentContainer
) -> None:
    collection = created(records)
    page, limits = container.page, list[int]()

    def record(partition: str, *, limit: int, **others: Any) -> list[Document]:
        limits.append(limit)
        return page(partition, limit=limit, **others)

    monkeypatch.setattr(container, "page", record)
    assert records.page(LARGE_PERSON_GROUP, start="", top=MAXIMUM_KEYS) == [collection]
    assert max(limits) <= MAXIMUM_KEYS
