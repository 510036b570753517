"""What was deleted is swept to the last document, and nothing that still stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest

from shared.domain.collections import COLLECTIONS, CollectionKey, CollectionKind
from shared.domain.values import Collection, Embedding, PersistedFace, Person
from shared.services.deletion.retention import CollectionNotDeleted, Retention
from shared.services.messages import PurgeMessage
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import COLLECTIONS as COLLECTION_CONTAINER
from shared.storage.layout import PEOPLE, PURGE_QUEUE, SNAPSHOTS
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.people import People
from shared.storage.records.collections.tombstones import TombstoneRecords, tombstone_partition
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.face_documents import partitions
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock
from tests.doubles.queues import RecordingQueues
from tests.unit.services.training.trainable_group import new_id


@dataclass
class RecordingCache:
    """A cache that records which incarnations it was told to forget."""

    forgotten: list[str] = field(default_factory=list)

    def forget(self, incarnation: str) -> None:
        self.forgotten.append(incarnation)


class PurgeableCollections:
    """Collections in a store, and the retention that purges them."""

    def __init__(self, store: SqliteDocumentStore, clock: ManualClock, folder: Path) -> None:
        self.container = store.container(PEOPLE)
        self.records = CollectionRecords(store.container(COLLECTION_CONTAINER))
        self.people = People(self.container)
        self.tombstones = TombstoneRecords(self.container)
        self.blobs = FolderBlobs(folder / "blobs", clock)
        self.queue = RecordingQueues({PURGE_QUEUE: {0, 30}})
        self.cache = RecordingCache()
        self.retention = Retention(
            self.records,
            self.container,
            self.blobs,
            self.queue,
            [self.cache],
            Memberships(self.container),
        )

    def collection(self, kind: CollectionKind, *, persons: int) -> Collection:
        """A collection with persons, a tombstone and two snapshots."""
        made = Collection(kind, f"c-{new_id()}", "name", "recognition_01", new_id())
        self.records.create(made)
        for _ in range(persons):
            person = Person(new_id(), "name")
            self.people.create(made, person)
            embedding = Embedding(np.array([1, 0], np.float32), "model")
            self.people.add_face(made, PersistedFace(new_id(), person.person_id, embedding))
        self.tombstones.add(made.incarnation, new_id())
        for version in ("one", "two"):
            self.blobs.write(SNAPSHOTS, f"{made.incarnation}/{version}", b"snapshot")
        return made

    def left(self, collection: Collection) -> int:
        """How many documents and blobs there are of a collection."""
        every = partitions(collection.incarnation, collection.kind.buckets)
        documents = sum(
            self.container.count(partition)
            for partition in (*every, tombstone_partition(collection.incarnation))
        )
        prefix = f"{collection.incarnation}/"
        return documents + len(list(self.blobs.listing(SNAPSHOTS, prefix=prefix)))

    def delete(self, collection: Collection) -> None:
        key = CollectionKey(collection.kind, collection.collection_id)
        self.records.delete(key, collection.incarnation)


@pytest.fixture
def stored(store: SqliteDocumentStore, clock: ManualClock, tmp_path: Path) -> PurgeableCollections:
    return PurgeableCollections(store, clock, tmp_path)


@pytest.mark.parametrize("kind", COLLECTIONS, ids=lambda kind: kind.name)
def test_a_purge_leaves_nothing_and_changes_no_other_collection(
    stored: PurgeableCollections, kind: CollectionKind
) -> None:
    gone, other = stored.collection(kind, persons=30), stored.collection(kind, persons=3)
    before = stored.left(other)
    stored.delete(gone)
    stored.retention.purge(PurgeMessage.of(gone))
    assert stored.left(gone) == 0
    assert stored.left(other) == before
    assert stored.cache.forgotten == [gone.incarnation]
    # The same message again finds nothing to do.
    stored.retention.purge(PurgeMessage.of(gone))
    assert stored.left(other) == before


def test_what_was_not_deleted_is_not_purged(stored: PurgeableCollections) -> None:
    there = stored.collection(COLLECTIONS[0], persons=2)
    before = stored.left(there)
    with pytest.raises(CollectionNotDeleted):
        stored.retention.purge(PurgeMessage.of(there))
    assert stored.left(there) == before


def test_the_next_life_of_an_id_outlives_the_purge_of_the_last(
    stored: PurgeableCollections,
) -> None:
    gone = stored.collection(COLLECTIONS[1], persons=2)
    stored.delete(gone)
    again = Collection(gone.kind, gone.collection_id, "again", "recognition_01", new_id())
    stored.records.create(again)
    stored.people.create(again, Person(new_id(), "name"))
    stored.retention.purge(PurgeMessage.of(gone))
    assert stored.left(gone) == 0
    assert stored.left(again) == 1


def test_a_deletion_is_announced_with_a_delay_and_requested_at_once(
    stored: PurgeableCollections,
) -> None:
    gone = stored.collection(COLLECTIONS[0], persons=1)
    stored.retention.announce(gone)
    stored.delete(gone)
    stored.retention.request(gone)
    assert [message.delay for message in stored.queue.sent] == [30, 0]
    for text in stored.queue.peek(PURGE_QUEUE):
        assert msgspec.json.decode(text, type=PurgeMessage) == PurgeMessage.of(gone)


def test_a_large_purge_goes_in_steps(stored: PurgeableCollections) -> None:
    gone = stored.collection(COLLECTIONS[0], persons=2_600)
    stored.delete(gone)
    stored.retention.purge(PurgeMessage.of(gone))
    assert 0 < stored.left(gone) < 5_300
    assert len(stored.queue.sent) == 1
    stored.retention.purge(PurgeMessage.of(gone))
    assert stored.left(gone) == 0
