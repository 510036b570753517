"""What is left of collections whose purge was lost before the upgrade is found and purged, once.

`schema_1_purges.zip` was written by the service at 9dd5331: of each kind a collection that exists
and one that was deleted, whose message was lost; none was ever trained.
"""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.domain.collections import (
    COLLECTIONS,
    KINDS,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKind,
)
from shared.domain.errors import BadArgument
from shared.domain.values import Collection
from shared.services.deletion import unowned_data as search
from shared.storage.account.blobs import BlobPage
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Delete, DocumentContainer
from shared.storage.layout import COLLECTIONS as COLLECTION_CONTAINER
from shared.storage.layout import PEOPLE, SNAPSHOTS
from shared.storage.records.collections.collections import (
    CollectionRecords,
    document_key,
    training_key,
)
from shared.storage.records.collections.tombstones import tombstone_partition
from shared.storage.records.face_documents import partitions
from shared.storage.records.inventory import PEOPLE_INVENTORY, InventoryRecord
from shared.storage.records.pending_tasks import TaskKind
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.doubles.stores import KINDS as STORES
from tests.doubles.stores import empty_store
from tests.unit.services.groups.timer import unowned_data
from tests.unit.services.groups.trainable_group import TrainableGroup

ARCHIVE = Path(__file__).with_name("schema_1_purges.zip")


def lose(group: TrainableGroup) -> Collection:
    """Delete the group as schema 1 did whose message was lost: only its own documents go."""
    collection = group.collection
    container = group.store.container(COLLECTION_CONTAINER)
    keys = (document_key(group.key), training_key(group.key))
    container.batch(keys[0].partition, [Delete(key.id) for key in keys])
    return collection


def rounds(group: TrainableGroup, number: int = 8) -> None:
    """Rounds of the timer, and the purges that it sends."""
    for _ in range(number):
        group.clock.advance(timedelta(minutes=5))
        group.send_pending()
        group.purge()


def documents(group: TrainableGroup, collection: Collection) -> int:
    people = group.store.container(PEOPLE)
    every = partitions(collection.incarnation, collection.kind.buckets)
    return sum(people.count(partition) for partition in every)


@pytest.mark.parametrize("kind", [PERSON_GROUP, LARGE_PERSON_GROUP], ids=lambda kind: kind.name)
def test_what_a_lost_purge_left_goes(tmp_path: Path, kind: CollectionKind) -> None:
    group = TrainableGroup(tmp_path, kind=kind)
    faces = [group.add_person() for _ in range(12)]
    group.train()
    gone = lose(group)
    assert group.holds(faces[0])
    assert documents(group, gone) > 0

    rounds(group)

    assert list(group.blobs.listing(SNAPSHOTS)) == []
    assert documents(group, gone) == 0
    rounds(group, 20)
    assert list(group.tasks.all()) == [], "the purge was verified an hour later"
    group.store.close()


def test_snapshots_of_living_collections_of_every_kind_stay(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_LISTED_PER_STEP", 3)
    monkeypatch.setattr(search, "_COLLECTIONS_PER_STEP", 3)
    monkeypatch.setattr(search, "_STEPS_PER_ROUND", 1)
    living, lost = [], []
    for number in range(4):
        for kind in COLLECTIONS:
            collection = Collection(kind, f"c-{number}", "name", "recognition_04", new_id())
            group.collections.create(collection)
            living.append(f"{collection.incarnation}/version")
        lost.append(f"{new_id()}/version")
    for name in (*living, *lost):
        group.blobs.write(SNAPSHOTS, name, b"snapshot")

    rounds(group, 120)

    assert {blob.name for blob in group.blobs.listing(SNAPSHOTS)} == set(living)


def test_a_collection_that_is_deleted_meanwhile_keeps_its_own_task(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.add_person()
    group.train()
    collection = group.collection
    monkeypatch.setattr(search, "_STEPS_PER_ROUND", 1)
    snapshots, *_ = unowned_data(group)
    snapshots.run()
    group.collections.delete(
        group.key, collection.incarnation, lambda: group.collection_purge.announce(collection)
    )
    for _ in range(len(COLLECTIONS)):
        snapshots.run()

    (stored,) = group.tasks.all()

    assert stored.task.kind is TaskKind.PURGE
    assert stored.task.collection == group.key


def test_a_continuation_that_is_refused_starts_the_listing_over(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_LISTED_PER_STEP", 1)
    monkeypatch.setattr(search, "_STEPS_PER_ROUND", 1)
    for _ in range(3):
        group.blobs.write(SNAPSHOTS, f"{new_id()}/version", b"snapshot")
    read_page = FolderBlobs.page
    refused: list[str] = []

    def page(
        blobs: FolderBlobs,
        container: str,
        *,
        top: int,
        prefix: str = "",
        continuation: str | None = None,
    ) -> BlobPage:
        if continuation is not None and not refused:
            refused.append(continuation)
            raise BadArgument("The continuation is not valid.")
        return read_page(blobs, container, top=top, prefix=prefix, continuation=continuation)

    monkeypatch.setattr(FolderBlobs, "page", page)

    rounds(group, 60)

    assert len(refused) == 1
    assert list(group.blobs.listing(SNAPSHOTS)) == []


def test_a_listing_that_is_refused_from_the_beginning_fails_the_step(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(*_: object, **__: object) -> BlobPage:
        raise BadArgument("The container's name is not valid.")

    monkeypatch.setattr(FolderBlobs, "page", page)

    with pytest.raises(BadArgument):
        unowned_data(group)[0].run()


@dataclass
class Upgraded:
    """The store of the archive, as the present version of the service opens it.

    Attributes:
        deleted, kept: incarnations by the names of their kinds.
    """

    group: TrainableGroup
    deleted: dict[str, str]
    kept: dict[str, str]

    def left(self, kind: str, incarnation: str) -> int:
        people = self.group.store.container(PEOPLE)
        names = (*partitions(incarnation, KINDS[kind].buckets), tombstone_partition(incarnation))
        return sum(people.count(name) for name in names)


@pytest.fixture(params=STORES)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Upgraded]:
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path / "old")
    ledger = json.loads((tmp_path / "old" / "ledger.json").read_text())
    clock = ManualClock(datetime.fromisoformat(ledger["now"]))
    with (
        closing(SqliteDocumentStore(tmp_path / "old" / "store.sqlite", clock=clock)) as old,
        empty_store(request.param, tmp_path, clock) as store,
    ):
        for spec in (COLLECTION_CONTAINER, PEOPLE):
            copy(old.container(spec), store.container(spec))
        group = TrainableGroup(tmp_path, store=store, clock=clock, create=False)
        yield Upgraded(group, ledger["deleted"], ledger["kept"])


def copy(old: DocumentContainer, new: DocumentContainer) -> None:
    for partition in old.partitions().names:
        for document in old.page(partition):
            new.create(document.key, document.body)


def test_documents_of_untrained_collections_whose_purge_was_lost_go(
    upgraded: Upgraded, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, search.__name__)
    assert all(upgraded.left(*one) for one in upgraded.deleted.items())
    kept = {one: upgraded.left(*one) for one in upgraded.kept.items()}

    _, documents_of, _ = unowned_data(upgraded.group)
    documents_of.run()
    for stored in upgraded.group.tasks.all():
        upgraded.group.collection_purge.send(stored.task)
    upgraded.group.purge()

    assert [upgraded.left(*one) for one in upgraded.deleted.items()] == [0, 0, 0, 0]
    assert {one: upgraded.left(*one) for one in upgraded.kept.items()} == kept
    (found,) = caplog.records
    assert found.getMessage() == "documents of deleted collections found"
    assert vars(found)["collections"] == 4


@pytest.mark.parametrize("upgraded", ["sqlite"], indirect=True)
def test_the_search_of_documents_is_bounded_and_goes_on_after_a_restart(
    upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_LISTED_PER_STEP", 4)
    monkeypatch.setattr(search, "_COLLECTIONS_PER_STEP", 1)
    monkeypatch.setattr(search, "_STEPS_PER_ROUND", 2)
    group = upgraded.group
    records = InventoryRecord(group.store.container(COLLECTION_CONTAINER), PEOPLE_INVENTORY)
    kept = {one: upgraded.left(*one) for one in upgraded.kept.items()}

    searched = 0
    while not records.read().done:
        searched += 1
        group.restart()
        _, documents_of, _ = unowned_data(group)
        documents_of.run()
    rounds(group, 2)

    assert searched > 10
    assert [upgraded.left(*one) for one in upgraded.deleted.items()] == [0, 0, 0, 0]
    assert {one: upgraded.left(*one) for one in upgraded.kept.items()} == kept


def test_collections_that_were_found_living_are_read_once(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_LISTED_PER_STEP", 1)
    for _ in range(8):
        group.add_person()
    read: list[str] = []
    read_page = CollectionRecords.page

    def page(
        records: CollectionRecords, kind: CollectionKind, *, start: str, top: int
    ) -> list[Collection]:
        read.append(kind.name)
        return read_page(records, kind, start=start, top=top)

    monkeypatch.setattr(CollectionRecords, "page", page)
    _, documents_of, _ = unowned_data(group)
    for _ in range(4):
        documents_of.run()

    assert read == [PERSON_GROUP.name, LARGE_PERSON_GROUP.name]


def test_the_search_happens_once(group: TrainableGroup) -> None:
    rounds(group, 1)
    late = f"{new_id()}/version"
    group.blobs.write(SNAPSHOTS, late, b"snapshot")

    rounds(group)

    assert [blob.name for blob in group.blobs.listing(SNAPSHOTS)] == [late]


def test_blobs_of_another_origin_are_left_alone(group: TrainableGroup) -> None:
    group.blobs.write(SNAPSHOTS, "readme/text", b"of an operator")

    rounds(group)

    assert [blob.name for blob in group.blobs.listing(SNAPSHOTS)] == ["readme/text"]
