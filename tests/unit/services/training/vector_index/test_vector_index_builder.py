"""What goes to the vector index, and what its training reports."""

from __future__ import annotations

import pytest

from shared.domain.vectors import VectorVersion
from shared.services.training import index_rows
from shared.services.training.source import CollectionSource, TrainingSource
from shared.services.training.vector_index_builder import FilledVersion, VectorIndexBuilder
from shared.storage.layout import SNAPSHOTS
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.indexed_group import MODEL, IndexedGroup


def source(group: IndexedGroup) -> CollectionSource:
    return TrainingSource(group.faces, group.marks).open(group.collection)


def fill(
    group: IndexedGroup, *, faces_from: int | None = 0, source_: CollectionSource | None = None
) -> tuple[FilledVersion | None, list[int]]:
    """Fill the index; returns the version and the progress."""
    seen: list[int] = []
    builder = VectorIndexBuilder(group.vectors, group.blobs, new_id, faces_from=faces_from)
    filled = builder.fill(source_ or source(group), seen.append, group.cohorts)
    return filled, seen


def test_a_collection_goes_to_the_index_from_so_many_faces_on(indexed: IndexedGroup) -> None:
    indexed.add_person(faces=2)
    assert fill(indexed, faces_from=3) == (None, [])
    assert fill(indexed, faces_from=None) == (None, [])
    assert indexed.snapshots() == []
    filled, progress = fill(indexed, faces_from=2)
    assert filled is not None
    assert (filled.faces, filled.persons) == (2, 1)
    assert progress == [95]
    version = VectorVersion.parse(filled.name)
    assert version is not None
    assert (version.model, version.faces, version.normalised) == (MODEL, 2, False)
    assert indexed.snapshots() == [filled.name]
    incarnation = indexed.collection.incarnation
    assert indexed.blobs.read(SNAPSHOTS, f"{incarnation}/{filled.name}") == filled.name.encode()


def test_progress_follows_the_faces_that_are_in_the_index(
    indexed: IndexedGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_rows, "_PERSONS_AT_ONCE", 1)
    for _ in range(3):
        indexed.add_person()
    filled, progress = fill(indexed)
    assert filled is not None
    assert (filled.faces, filled.persons) == (3, 3)
    assert progress == [63, 95, 95], "one person is read ahead"


@pytest.mark.parametrize("faces", [1, 2])
def test_progress_ends_before_the_switch_however_many_faces_came_since_the_count(
    indexed: IndexedGroup, monkeypatch: pytest.MonkeyPatch, faces: int
) -> None:
    indexed.add_person(faces)
    empty = source(indexed)
    monkeypatch.setattr(empty, "count", lambda: 0)
    filled, progress = fill(indexed, source_=empty)
    assert filled is not None
    assert filled.faces == faces
    assert progress == [95]


def test_a_training_reports_its_version_of_the_index_and_replaces_the_former(
    indexed: IndexedGroup,
) -> None:
    indexed.add_person(faces=2)
    indexed.add_person()
    first = indexed.builder.build(indexed.collection, None, lambda _: None, whole=False)
    second = indexed.builder.build(indexed.collection, first.version, lambda _: None, whole=False)
    for built, replaces in ((first, frozenset[str]()), (second, {first.version})):
        assert (built.faces, built.persons) == (3, 2)
        assert built.parts == {built.version}
        assert built.published == (built.version,)
        assert built.replaces == replaces


def test_a_version_that_is_removed_takes_its_vectors_and_its_blob_along(
    indexed: IndexedGroup,
) -> None:
    indexed.add_person(faces=2)
    (first, _), (second, _) = fill(indexed), fill(indexed)
    assert first is not None
    assert second is not None
    gone, kept = VectorVersion.parse(first.name), VectorVersion.parse(second.name)
    assert gone is not None
    assert kept is not None
    builder = VectorIndexBuilder(indexed.vectors, indexed.blobs, new_id, faces_from=0)

    builder.remove(indexed.collection.incarnation, gone)

    assert indexed.snapshots() == [second.name]
    assert indexed.indexed().count(gone.identifier) == 0
    assert indexed.indexed().count(kept.identifier) == 2
