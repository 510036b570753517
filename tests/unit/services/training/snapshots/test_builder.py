"""What a training publishes, what it says about that, and which versions it removes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.vectors import VectorVersion
from shared.gallery.snapshots.mapped import Snapshot
from shared.services.training.builder import BlobSnapshots, BuiltSnapshot
from shared.storage.layout import SNAPSHOTS
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture
def peopled(group: TrainableGroup) -> TrainableGroup:
    """A group with as many faces as make a collection one that is trained by deltas."""
    for _ in range(group.amended_from):
        group.add_person()
    return group


def build(group: TrainableGroup, previous: str | None, *, whole: bool = False) -> BuiltSnapshot:
    """Publish; the clock goes on, so that the next version is younger."""
    built = group.builder.build(group.collection, previous, lambda _: None, whole=whole)
    group.clock.advance(timedelta(seconds=1))
    return built


def blob(group: TrainableGroup, version: str) -> str:
    return f"{group.collection.incarnation}/{version}"


def put(group: TrainableGroup, version: str) -> None:
    """Another snapshot of the collection, as old as the clock says."""
    group.blobs.write(SNAPSHOTS, blob(group, version), b"of another trainer")


def base_of(group: TrainableGroup, version: str) -> str:
    path = group.folder / "copy"
    assert group.blobs.download(SNAPSHOTS, blob(group, version), path)
    base = Snapshot.open(path, verify=True).index.base
    assert base is not None
    return base


def test_the_first_snapshot_of_a_large_collection_is_a_base_and_an_empty_delta(
    peopled: TrainableGroup,
) -> None:
    built = build(peopled, None)
    base = base_of(peopled, built.version)
    assert built.version.endswith(".delta")
    assert built.parts == {built.version, base} == set(built.published) == set(peopled.snapshots())
    assert built.replaces == frozenset()
    assert (built.faces, built.persons) == (10, 10)


def test_one_face_fewer_is_one_snapshot(group: TrainableGroup) -> None:
    for _ in range(group.amended_from - 1):
        group.add_person()
    built = build(group, None)
    assert built.parts == {built.version} == set(built.published) == set(group.snapshots())
    assert (built.faces, built.persons) == (9, 9)
    assert build(group, built.version).replaces == {built.version}


def test_the_next_delta_replaces_the_former_and_keeps_the_base(peopled: TrainableGroup) -> None:
    first = build(peopled, None)
    peopled.add_person(faces=2)
    second = build(peopled, first.version)
    base = base_of(peopled, first.version)
    assert second.parts == {second.version, base}
    assert second.published == (second.version,)
    assert second.replaces == {first.version}
    assert (second.faces, second.persons) == (2, 1)


def test_a_whole_snapshot_replaces_the_delta_and_its_base(peopled: TrainableGroup) -> None:
    first = build(peopled, None)
    second = build(peopled, first.version, whole=True)
    base = base_of(peopled, second.version)
    assert second.replaces == {first.version, base_of(peopled, first.version)}
    assert second.parts == {second.version, base} == set(second.published)


def test_a_delta_with_one_altered_byte_is_not_gone_on_from(peopled: TrainableGroup) -> None:
    peopled.train()
    peopled.add_person()
    peopled.train()
    version = peopled.training.version_in_use(peopled.collection)
    assert version is not None
    content = peopled.blobs.read(SNAPSHOTS, blob(peopled, version))
    assert content is not None
    altered = bytearray(content)
    altered[64] ^= 1  # the first byte of its vectors
    peopled.blobs.write(SNAPSHOTS, blob(peopled, version), bytes(altered))
    (base,) = {*peopled.snapshots()} - {version}

    built = build(peopled, version)

    assert base not in built.parts
    assert built.replaces == {version}


def test_what_is_no_older_than_the_version_in_use_stays(peopled: TrainableGroup) -> None:
    put(peopled, "older")
    peopled.clock.advance(timedelta(seconds=1))
    put(peopled, "same moment")
    built = peopled.builder.build(peopled.collection, None, lambda _: None, whole=False)
    peopled.clock.advance(timedelta(seconds=1))
    put(peopled, "younger")

    peopled.builder.settle(peopled.collection, built)

    assert set(peopled.snapshots()) == {*built.parts, "same moment", "younger"}


def test_what_a_snapshot_replaces_goes_however_young_it_is(peopled: TrainableGroup) -> None:
    first = build(peopled, None)
    peopled.clock.advance(-timedelta(hours=1))
    second = build(peopled, first.version)

    peopled.builder.settle(peopled.collection, second)

    assert set(peopled.snapshots()) == second.parts


def test_where_the_version_in_use_is_gone_only_what_it_replaced_is_removed(
    peopled: TrainableGroup,
) -> None:
    put(peopled, "older")
    first = build(peopled, None)
    second = build(peopled, first.version)
    peopled.blobs.delete(SNAPSHOTS, blob(peopled, second.version))

    peopled.builder.settle(peopled.collection, second)

    assert set(peopled.snapshots()) == {"older", *second.parts} - {second.version}


@pytest.mark.parametrize("amended_from", [10, 10**6], ids=["by deltas", "whole"])
def test_tidying_removes_what_is_not_part_of_the_version_in_use(
    tmp_path: Path, amended_from: int
) -> None:
    group = TrainableGroup(tmp_path, amended_from=amended_from)
    for _ in range(10):
        group.add_person()
    put(group, "older")
    group.clock.advance(timedelta(seconds=1))
    first = build(group, None)
    built = build(group, first.version)
    put(group, "younger")

    assert not group.builder.tidy(group.collection, built.version, lambda: False)
    assert set(group.snapshots()) > built.parts
    assert group.builder.tidy(group.collection, built.version, lambda: True)
    assert set(group.snapshots()) == built.parts
    assert group.builder.tidy(group.collection, None, lambda: True)
    assert not group.snapshots()
    group.store.close()


def test_nothing_is_tidied_beside_a_delta_that_cannot_be_read(peopled: TrainableGroup) -> None:
    put(peopled, "older")
    built = build(peopled, None)
    peopled.blobs.write(SNAPSHOTS, blob(peopled, built.version), b"torn")
    files = peopled.snapshots()

    assert peopled.builder.tidy(peopled.collection, built.version, lambda: True)

    assert peopled.snapshots() == files
    assert peopled.builder.exists(peopled.collection, built.version)
    assert not peopled.builder.exists(peopled.collection, "another")


def test_a_discarded_snapshot_leaves_what_it_shares(peopled: TrainableGroup) -> None:
    first = build(peopled, None)
    second = build(peopled, first.version)
    peopled.builder.discard(peopled.collection, second)
    assert set(peopled.snapshots()) == first.parts


def test_the_size_of_a_snapshot_is_that_of_its_blob(peopled: TrainableGroup) -> None:
    built = build(peopled, None)
    snapshots = BlobSnapshots(peopled.blobs)
    content = peopled.blobs.read(SNAPSHOTS, blob(peopled, built.version))
    assert content is not None
    incarnation = peopled.collection.incarnation
    assert snapshots.size(incarnation, built.version) == len(content)
    assert snapshots.size(incarnation, "another") is None
    target = peopled.folder / "fetched"
    assert snapshots.fetch(incarnation, built.version, target)
    assert target.read_bytes() == content
    assert not snapshots.fetch(incarnation, "another", target)


def test_a_version_of_an_index_that_there_is_no_longer_goes_as_a_blob(
    peopled: TrainableGroup,
) -> None:
    indexed = VectorVersion(new_id(), 1, "made-up", 16).name
    put(peopled, indexed)
    peopled.clock.advance(timedelta(seconds=1))
    built = build(peopled, indexed)
    assert built.replaces == {indexed}

    peopled.builder.settle(peopled.collection, built)

    assert set(peopled.snapshots()) == built.parts
