"""Tombstones of an earlier version are read, taken back and removed."""

from __future__ import annotations

import pytest

from shared.storage.documents.store import Document, Key
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.tombstones import (
    TombstoneRecords,
    read_tombstones,
    tombstone_partition,
)
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture
def tombstones(group: TrainableGroup) -> TombstoneRecords:
    return TombstoneRecords(group.store.container(PEOPLE))


def chunk(group: TrainableGroup, number: int, *ids: str) -> Document:
    """Write a chunk as an earlier version did."""
    key = Key(tombstone_partition(group.collection.incarnation), f"t.{number}")
    return group.store.container(PEOPLE).create(key, {"ids": list(ids)})


def test_a_chunk_that_names_nothing_that_exists_is_not_written(
    group: TrainableGroup, tombstones: TombstoneRecords
) -> None:
    first, second, existing = new_id(), new_id(), new_id()
    untouched, other = chunk(group, 0, first), chunk(group, 1, existing, second)

    tombstones.withdraw(group.collection.incarnation, {existing})

    left = tombstones.chunks(group.collection.incarnation)
    assert [read_tombstones(one) for one in left] == [{first}, {second}]
    assert left[0].etag == untouched.etag
    assert left[1].etag != other.etag


def test_chunks_that_another_worker_removed_are_passed_over(
    group: TrainableGroup, tombstones: TombstoneRecords
) -> None:
    for number in range(3):
        chunk(group, number, new_id())
    chunks = tombstones.chunks(group.collection.incarnation)
    group.store.container(PEOPLE).delete(chunks[0].key)

    tombstones.remove(chunks)

    assert tombstones.chunks(group.collection.incarnation) == []
