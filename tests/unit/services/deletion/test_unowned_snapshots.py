"""Snapshots of collections whose purge was lost before the upgrade are found and purged, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.collections import (
    COLLECTIONS,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKind,
)
from shared.domain.errors import BadArgument
from shared.domain.values import Collection
from shared.services.deletion import unowned_snapshots as search
from shared.storage.account.blobs import BlobPage
from shared.storage.documents.store import Delete
from shared.storage.layout import COLLECTIONS as COLLECTION_CONTAINER
from shared.storage.layout import PEOPLE, SNAPSHOTS
from shared.storage.records.collections.collections import document_key, training_key
from shared.storage.records.face_documents import partitions
from shared.storage.records.pending_tasks import TaskKind
from shared.storage.records.snapshot_inventory import Inventory, InventoryRecord
from tests.doubles.blobs import FolderBlobs
from tests.doubles.identifiers import new_id
from tests.unit.services.training.timer import unowned_snapshots
from tests.unit.services.training.trainable_group import TrainableGroup


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
    monkeypatch.setattr(search, "_SNAPSHOTS_A_ROUND", 3)
    monkeypatch.setattr(search, "_COLLECTIONS_A_ROUND", 3)
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


def test_a_collection_that_is_deleted_meanwhile_keeps_its_own_task(group: TrainableGroup) -> None:
    group.add_person()
    group.train()
    collection = group.collection
    unowned_snapshots(group).step()
    group.collections.delete(
        group.key, collection.incarnation, lambda: group.retention.announce(collection)
    )
    for _ in range(len(COLLECTIONS)):
        unowned_snapshots(group).step()

    (stored,) = group.tasks.all()

    assert stored.task.kind is TaskKind.PURGE
    assert stored.task.collection == group.key


def test_a_continuation_that_is_refused_starts_the_listing_over(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_SNAPSHOTS_A_ROUND", 1)
    for _ in range(3):
        group.blobs.write(SNAPSHOTS, f"{new_id()}/version", b"snapshot")
    read_page = FolderBlobs.page
    refused: list[str] = []

    def page(
        blobs: FolderBlobs, container: str, *, top: int, continuation: str | None = None
    ) -> BlobPage:
        if continuation is not None and not refused:
            refused.append(continuation)
            raise BadArgument("The continuation is not valid.")
        return read_page(blobs, container, top=top, continuation=continuation)

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
        unowned_snapshots(group).step()


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


def steps(group: TrainableGroup, number: int) -> list[Inventory]:
    """What is recorded after each of so many steps."""
    found = []
    for _ in range(number):
        unowned_snapshots(group).step()
        found.append(InventoryRecord(group.store.container(COLLECTION_CONTAINER)).read())
    return found


def test_collections_are_read_page_by_page_and_kind_by_kind_against_a_page_of_snapshots(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(search, "_SNAPSHOTS_A_ROUND", 2)
    monkeypatch.setattr(search, "_COLLECTIONS_A_ROUND", 3)
    first, second, third = (f"{digit}0000000-0000-4000-8000-000000000000" for digit in "123")
    kind = COLLECTIONS[0]
    for number in range(1, 5):
        incarnation = second if number == 4 else new_id()
        group.collections.create(
            Collection(kind, f"c-{number}", "name", "recognition_04", incarnation)
        )
    for incarnation in (first, second, third):
        group.blobs.write(SNAPSHOTS, f"{incarnation}/version", b"snapshot")
    reached = f"{second}/version"
    both, lost = frozenset({first, second}), frozenset({first})

    of_first_page = steps(group, 3 + len(COLLECTIONS) - 1)

    assert of_first_page == [
        Inventory(reached, both),
        Inventory(reached, both, after="c-3"),
        *(Inventory(reached, lost, kind=number) for number in range(1, len(COLLECTIONS))),
        Inventory(reached),
    ]
    assert [stored.task.incarnation for stored in group.tasks.all()] == [first]
    assert of_log(caplog) == [1]
    of_last_page = steps(group, 2 + len(COLLECTIONS))
    last = frozenset({third})
    assert of_last_page == [
        Inventory(None, last, last=True),
        Inventory(None, last, last=True, after="c-3"),
        *(Inventory(None, last, last=True, kind=number) for number in range(1, len(COLLECTIONS))),
        Inventory(done=True),
    ]
    assert [stored.task.incarnation for stored in group.tasks.all()] == [first, third]
    assert of_log(caplog) == [1, 1]


def of_log(caplog: pytest.LogCaptureFixture) -> list[int]:
    """How many collections each warning reports."""
    message = "snapshots of deleted collections found"
    return [
        int(entry.__dict__["collections"]) for entry in caplog.records if entry.message == message
    ]


def test_a_page_whose_collections_all_exist_ends_the_reading_at_once(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(search, "_COLLECTIONS_A_ROUND", 1)
    kind = COLLECTIONS[0]
    existing = Collection(kind, "c-1", "name", "recognition_04", new_id())
    group.collections.create(existing)
    group.blobs.write(SNAPSHOTS, f"{existing.incarnation}/version", b"snapshot")
    assert steps(group, 2) == [
        Inventory(None, frozenset({existing.incarnation}), last=True),
        Inventory(done=True),
    ]
    assert list(group.tasks.all()) == []
    assert of_log(caplog) == []


def test_a_page_of_other_blobs_is_not_the_end_of_the_listing(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_SNAPSHOTS_A_ROUND", 1)
    for name in ("a readme/text", "another/text"):
        group.blobs.write(SNAPSHOTS, name, b"of an operator")
    assert steps(group, 2) == [Inventory("a readme/text"), Inventory(last=True, done=True)]
