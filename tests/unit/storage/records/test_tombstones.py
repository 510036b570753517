"""Tombstones: what was deleted since the last training, in any number."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.domain.clock import SystemClock
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Document, DocumentContainer
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.tombstones import TombstoneRecords, tombstone_partition

INCARNATION = "one-life"


@pytest.fixture
def container(tmp_path: Path) -> Iterator[DocumentContainer]:
    store = SqliteDocumentStore(tmp_path / "store.sqlite", clock=SystemClock())
    yield store.container(PEOPLE)
    store.close()


def chunks(container: DocumentContainer) -> Sequence[Document]:
    return container.page(tombstone_partition(INCARNATION))


def test_all_tombstones_are_read_in_chunks_of_a_thousand(container: DocumentContainer) -> None:
    tombstones = TombstoneRecords(container)
    deleted = [str(uuid.uuid4()) for _ in range(2_500)]
    for one in deleted:
        tombstones.add(INCARNATION, one)

    assert tombstones.read(INCARNATION).ids == set(deleted)
    assert sorted(len(chunk.body["ids"]) for chunk in chunks(container)) == [500, 1_000, 1_000]
    assert tombstones.read("another-life").ids == frozenset()


def test_those_that_were_added_since_they_were_read_stay(container: DocumentContainer) -> None:
    tombstones = TombstoneRecords(container)
    deleted = [str(uuid.uuid4()) for _ in range(1_200)]
    for one in deleted:
        tombstones.add(INCARNATION, one)
    read = tombstones.read(INCARNATION)
    late = [str(uuid.uuid4()) for _ in range(900)]
    for one in late:
        tombstones.add(INCARNATION, one)

    tombstones.clear(INCARNATION, read)

    assert tombstones.read(INCARNATION).ids == set(late)
    tombstones.clear(INCARNATION, tombstones.read(INCARNATION))
    assert chunks(container) == []
    tombstones.add(INCARNATION, deleted[0])
    assert tombstones.read(INCARNATION).ids == {deleted[0]}


def test_deletions_side_by_side_lose_no_tombstone(container: DocumentContainer) -> None:
    tombstones = TombstoneRecords(container)
    deleted = [str(uuid.uuid4()) for _ in range(60)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda one: tombstones.add(INCARNATION, one), deleted))

    assert tombstones.read(INCARNATION).ids == set(deleted)
