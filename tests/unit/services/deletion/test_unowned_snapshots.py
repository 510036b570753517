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
