"""Purges and erasures of a collection that the vector index searches leave nothing there."""

from __future__ import annotations

import itertools

import pytest

from shared.services.deletion import purge
from shared.services.messages import ErasureMessage
from shared.storage.layout import SNAPSHOTS
from tests.unit.services.groups.indexed_group import IndexedGroup


def delete(group: IndexedGroup) -> None:
    collection = group.collection
    group.collections.delete(
        group.key, collection.incarnation, lambda: group.collection_purge.announce(collection)
    )
    group.collection_purge.request(collection)


def snapshots(group: IndexedGroup) -> int:
    return len(list(group.blobs.listing(SNAPSHOTS)))


def test_the_snapshot_names_what_the_index_holds_until_that_is_gone(
    indexed: IndexedGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "_STEPS_PER_MESSAGE", 1)
    for _ in range(3):
        indexed.add_person(100)
    indexed.train()
    delete(indexed)

    left = [(len(indexed.indexed()), snapshots(indexed))]
    for _ in range(12):
        indexed.deliver_purge()
        left.append((len(indexed.indexed()), snapshots(indexed)))

    assert left[0] == (300, 1)
    assert {before - after for (before, _), (after, _) in itertools.pairwise(left)} == {
        0,
        100,
    }
    assert all(blobs == 1 for documents, blobs in left if documents)
    assert left[-1] == (0, 0)


def test_without_the_index_its_snapshots_go_all_the_same(indexed: IndexedGroup) -> None:
    indexed.add_person()
    indexed.train()
    indexed.vectors = None  # type: ignore[assignment] # FACE_VECTOR_INDEX was switched off
    indexed.restart()
    delete(indexed)

    indexed.purge()

    assert snapshots(indexed) == 0


def test_a_mark_goes_once_its_faces_are_gone_from_the_index(indexed: IndexedGroup) -> None:
    gone = indexed.add_person(2)
    indexed.add_person()
    indexed.train()
    indexed.delete_person(gone.person_id)
    assert len(indexed.indexed()) == 3

    indexed.erasure.run(ErasureMessage.of(indexed.collection))

    assert len(indexed.indexed()) == 1
    assert not indexed.marks.any(indexed.collection.incarnation)
