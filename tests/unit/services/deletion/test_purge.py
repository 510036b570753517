"""What was deleted is swept to the last document, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest

from shared.domain.collections import COLLECTIONS, CollectionKind
from shared.domain.errors import Unavailable
from shared.domain.values import Collection, Embedding, PersistedFace, Person
from shared.services.deletion.purge import CollectionPurge
from shared.services.messages import PurgeMessage
from shared.services.queue_policy import MAINTENANCE, PURGE_VERIFIED_AFTER, UNCOMMITTED_AFTER
from shared.services.uploads.named_results import NamedResults
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Create, Operation
from shared.storage.layout import COLLECTIONS as COLLECTION_CONTAINER
from shared.storage.layout import INGESTIONS, PEOPLE, PURGE_QUEUE, SNAPSHOTS
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.people import People
from shared.storage.records.collections.tombstones import tombstone_partition
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.face_documents import partitions
from shared.storage.records.named_results import NamedResultRecords
from shared.storage.records.pending_tasks import PendingTasks
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.doubles.queues import RecordingQueues


@dataclass
class RecordingCache:
    """A cache that records which incarnations are to be forgotten."""

    forgotten: list[str] = field(default_factory=list)

    def forget(self, incarnation: str) -> None:
        self.forgotten.append(incarnation)


class PurgeableCollections:
    """Collections in a store, and the purge of those that are deleted."""

    def __init__(self, store: SqliteDocumentStore, clock: ManualClock, folder: Path) -> None:
        self.container = store.container(PEOPLE)
        self.records = CollectionRecords(store.container(COLLECTION_CONTAINER))
        self.people = People(self.container)
        self.marks = Marks(self.container, new_id, clock)
        self.tasks = PendingTasks(store.container(COLLECTION_CONTAINER))
        self.clock = clock
        self.blobs = FolderBlobs(folder / "blobs", clock)
        self.queue = RecordingQueues({PURGE_QUEUE: {0}})
        self.cache = RecordingCache()
        self.purge = CollectionPurge(
            self.records,
            self.container,
            self.blobs,
            self.queue,
            self.tasks,
            [self.cache],
            Memberships(self.container),
            NamedResults(
                NamedResultRecords(store.container(INGESTIONS), time_to_live=86_400),
                self.blobs,
                self.records,
                self.people,
            ),
            clock,
        )

    def collection(self, kind: CollectionKind, *, persons: int) -> Collection:
        """A collection with persons, a mark and two snapshots."""
        made = Collection(kind, f"c-{new_id()}", "name", "recognition_01", new_id())
        self.records.create(made)
        for _ in range(persons):
            person = Person(new_id(), "name")
            self.people.create(made, person)
            embedding = Embedding(np.array([1, 0], np.float32), "model")
            self.people.add_face(made, PersistedFace(new_id(), person.person_id, embedding))
        self.marks.announce(made.incarnation, new_id())
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
        self.records.delete(
            collection.key, collection.incarnation, lambda: self.purge.announce(collection)
        )


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
    stored.purge.run(PurgeMessage.of(gone))
    assert stored.left(gone) == 0
    assert stored.left(other) == before
    assert stored.cache.forgotten == [gone.incarnation]
    # The same message again finds nothing to do.
    stored.purge.run(PurgeMessage.of(gone))
    assert stored.left(other) == before


def test_what_was_not_deleted_is_not_purged(stored: PurgeableCollections) -> None:
    there = stored.collection(COLLECTIONS[0], persons=2)
    before = stored.left(there)
    stored.purge.run(PurgeMessage.of(there))
    assert stored.left(there) == before


def test_a_deletion_that_failed_is_forgotten_after_a_while(stored: PurgeableCollections) -> None:
    there = stored.collection(COLLECTIONS[0], persons=2)
    before = stored.left(there)
    stored.purge.announce(there)
    stored.purge.run(PurgeMessage.of(there))
    assert len(list(stored.tasks.all())) == 1, "it may be under way"
    stored.clock.advance(UNCOMMITTED_AFTER)
    stored.purge.run(PurgeMessage.of(there))
    assert list(stored.tasks.all()) == []
    assert stored.left(there) == before


def test_a_deletion_that_is_very_slow_is_not_forgotten(stored: PurgeableCollections) -> None:
    there = stored.collection(COLLECTIONS[0], persons=2)
    announced = 0

    def announce() -> None:
        nonlocal announced
        announced += 1
        stored.purge.announce(there)
        if announced == 1:  # The timer takes the deletion for a failed one just before its commit.
            stored.clock.advance(UNCOMMITTED_AFTER)
            stored.purge.run(PurgeMessage.of(there))
            assert list(stored.tasks.all()) == []

    stored.records.delete(there.key, there.incarnation, announce)

    assert announced == 2
    assert len(list(stored.tasks.all())) == 1


def test_a_purge_is_repeated_an_hour_later(stored: PurgeableCollections) -> None:
    gone = stored.collection(COLLECTIONS[1], persons=2)
    stored.delete(gone)
    stored.purge.run(PurgeMessage.of(gone))
    (pending,) = stored.tasks.all()
    assert pending.task.done
    assert not stored.purge.is_due(pending.task)
    # A training that was under way, or a storage emulator that lost a deletion.
    stored.blobs.write(SNAPSHOTS, f"{gone.incarnation}/late", b"snapshot")
    stored.clock.advance(PURGE_VERIFIED_AFTER)
    assert stored.purge.is_due(pending.task)
    stored.purge.run(PurgeMessage.of(gone))
    assert stored.left(gone) == 0
    assert list(stored.tasks.all()) == []


def test_a_purge_whose_message_was_lost_is_due_after_a_round_of_the_timer(
    stored: PurgeableCollections,
) -> None:
    gone = stored.collection(COLLECTIONS[1], persons=2)
    stored.delete(gone)
    (pending,) = stored.tasks.all()
    assert not stored.purge.is_due(pending.task)
    stored.clock.advance(MAINTENANCE)
    assert stored.purge.is_due(pending.task)


def test_a_deletion_succeeds_although_no_message_can_be_sent(stored: PurgeableCollections) -> None:
    gone = stored.collection(COLLECTIONS[1], persons=2)
    stored.delete(gone)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("The queue cannot be reached.")

    stored.queue.send = fail  # type: ignore[method-assign] # a queue that fails
    stored.purge.request(gone)
    assert stored.cache.forgotten == [gone.incarnation]
    assert len(list(stored.tasks.all())) == 1


def test_an_id_used_again_outlives_the_purge_of_the_former_collection(
    stored: PurgeableCollections,
) -> None:
    gone = stored.collection(COLLECTIONS[1], persons=2)
    stored.delete(gone)
    again = Collection(gone.kind, gone.collection_id, "again", "recognition_01", new_id())
    stored.records.create(again)
    stored.people.create(again, Person(new_id(), "name"))
    stored.purge.run(PurgeMessage.of(gone))
    assert stored.left(gone) == 0
    assert stored.left(again) == 1


def test_a_deletion_sends_one_message_and_at_once(stored: PurgeableCollections) -> None:
    gone = stored.collection(COLLECTIONS[0], persons=1)
    stored.delete(gone)
    stored.purge.request(gone)
    (message,) = stored.queue.sent
    assert message.delay == 0
    assert msgspec.json.decode(message.text, type=PurgeMessage) == PurgeMessage.of(gone)


def test_a_purge_deletes_five_thousand_documents_a_message(stored: PurgeableCollections) -> None:
    gone = stored.collection(COLLECTIONS[0], persons=0)
    stored.delete(gone)
    (partition,) = partitions(gone.incarnation, gone.kind.buckets)
    for hundred in range(51):
        stored.container.batch(
            partition, [Create(f"f.{hundred}.{number}", {}) for number in range(100)]
        )
    before = stored.left(gone)

    stored.purge.run(PurgeMessage.of(gone))

    assert before - stored.left(gone) == 5_000
    assert [msgspec.json.decode(one.text, type=PurgeMessage) for one in stored.queue.sent] == [
        PurgeMessage.of(gone)
    ]
    stored.purge.run(PurgeMessage.of(gone))
    assert stored.left(gone) == 0
    assert len(stored.queue.sent) == 1


def test_purges_side_by_side_end_although_each_meets_the_other_s_deletions(
    stored: PurgeableCollections, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = stored.collection(COLLECTIONS[0], persons=3)
    stored.delete(gone)
    batch = stored.container.batch
    overtaken: list[str] = []

    def overtake(partition: str, operations: Sequence[Operation]) -> None:
        if not overtaken:
            overtaken.append(partition)
            batch(partition, operations[:1])
        batch(partition, operations)

    monkeypatch.setattr(stored.container, "batch", overtake)

    stored.purge.run(PurgeMessage.of(gone))

    assert overtaken
    assert stored.left(gone) == 0
    assert stored.queue.sent == []


def test_a_purge_goes_on_while_results_name_what_was_deleted(
    stored: PurgeableCollections, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = stored.collection(COLLECTIONS[0], persons=1)
    stored.delete(gone)
    monkeypatch.setattr(NamedResults, "purge", lambda *_, **__: False)
    stored.purge.run(PurgeMessage.of(gone))
    assert len(stored.queue.sent) == 1
    (pending,) = stored.tasks.all()
    assert not pending.task.done


def test_a_purge_that_is_repeated_too_early_is_verified_later(stored: PurgeableCollections) -> None:
    gone = stored.collection(COLLECTIONS[1], persons=1)
    stored.delete(gone)
    stored.purge.run(PurgeMessage.of(gone))
    (done,) = stored.tasks.all()
    assert (done.task.done, done.task.since) == (True, stored.clock.now())
    stored.clock.advance(PURGE_VERIFIED_AFTER / 2)
    stored.purge.run(PurgeMessage.of(gone))
    assert list(stored.tasks.all()) == [done]
