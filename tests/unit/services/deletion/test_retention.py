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
from tests.unit.services.training.world import FolderBlobs, SteppedClock, new_id


@dataclass
class PurgeQueue:
    """A QueueSender that keeps what it is given."""

    messages: list[tuple[str, int]] = field(default_factory=list)

    def send(self, queue: str, text: str, *, delay: int = 0) -> None:
        assert queue == PURGE_QUEUE
        self.messages.append((text, delay))

    def peek(self, queue: str, *, limit: int = 32) -> list[str]:
        return [text for text, _ in self.messages[:limit]]


@dataclass
class Forgetful:
    """A cache that tells what it was made to forget."""

    forgotten: list[str] = field(default_factory=list)

    def forget(self, incarnation: str) -> None:
        self.forgotten.append(incarnation)


class Standing:
    """A retention over a store."""

    def __init__(self, store: SqliteDocumentStore, clock: SteppedClock, folder: Path) -> None:
        self.container = store.container(PEOPLE)
        self.records = CollectionRecords(store.container(COLLECTION_CONTAINER))
        self.people = People(self.container)
        self.tombstones = TombstoneRecords(self.container)
        self.blobs = FolderBlobs(folder / "blobs", clock)
        self.queue = PurgeQueue()
        self.cache = Forgetful()
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
def standing(store: SqliteDocumentStore, clock: SteppedClock, tmp_path: Path) -> Standing:
    return Standing(store, clock, tmp_path)


@pytest.mark.parametrize("kind", COLLECTIONS, ids=lambda kind: kind.name)
def test_a_purge_leaves_nothing_and_touches_nobody_else(
    standing: Standing, kind: CollectionKind
) -> None:
    gone, other = standing.collection(kind, persons=30), standing.collection(kind, persons=3)
    before = standing.left(other)
    standing.delete(gone)
    standing.retention.purge(PurgeMessage.of(gone))
    assert standing.left(gone) == 0
    assert standing.left(other) == before
    assert standing.cache.forgotten == [gone.incarnation]
    # The same message again finds nothing to do.
    standing.retention.purge(PurgeMessage.of(gone))
    assert standing.left(other) == before


def test_what_was_not_deleted_is_not_purged(standing: Standing) -> None:
    there = standing.collection(COLLECTIONS[0], persons=2)
    before = standing.left(there)
    with pytest.raises(CollectionNotDeleted):
        standing.retention.purge(PurgeMessage.of(there))
    assert standing.left(there) == before


def test_the_next_life_of_an_id_outlives_the_purge_of_the_last(standing: Standing) -> None:
    gone = standing.collection(COLLECTIONS[1], persons=2)
    standing.delete(gone)
    again = Collection(gone.kind, gone.collection_id, "again", "recognition_01", new_id())
    standing.records.create(again)
    standing.people.create(again, Person(new_id(), "name"))
    standing.retention.purge(PurgeMessage.of(gone))
    assert standing.left(gone) == 0
    assert standing.left(again) == 1


def test_a_deletion_is_announced_with_a_delay_and_requested_at_once(standing: Standing) -> None:
    gone = standing.collection(COLLECTIONS[0], persons=1)
    standing.retention.announce(gone)
    standing.delete(gone)
    standing.retention.request(gone)
    assert [delay for _, delay in standing.queue.messages] == [30, 0]
    for text in standing.queue.peek(PURGE_QUEUE):
        assert msgspec.json.decode(text, type=PurgeMessage) == PurgeMessage.of(gone)


def test_a_large_purge_goes_in_steps(standing: Standing) -> None:
    gone = standing.collection(COLLECTIONS[0], persons=2_600)
    standing.delete(gone)
    standing.retention.purge(PurgeMessage.of(gone))
    assert 0 < standing.left(gone) < 5_300
    assert len(standing.queue.messages) == 1
    standing.retention.purge(PurgeMessage.of(gone))
    assert standing.left(gone) == 0
