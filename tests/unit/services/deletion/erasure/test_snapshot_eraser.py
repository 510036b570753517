"""What the eraser publishes: which rows are kept, and which versions replace which."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.values import PersistedFace
from shared.gallery.snapshots.format import PREAMBLE, TornSnapshot
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields, SnapshotWriter
from shared.services.deletion import snapshot_eraser
from shared.services.deletion.snapshot_eraser import SnapshotMissing
from shared.services.training.builder import BuiltSnapshot
from shared.storage.layout import SNAPSHOTS
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture
def small(tmp_path: Path) -> Iterator[TrainableGroup]:
    """A group that is trained whole."""
    group = TrainableGroup(tmp_path, amended_from=10**6)
    yield group
    group.store.close()


def in_use(group: TrainableGroup) -> str:
    """The version that searches read."""
    version = group.training.version_in_use(group.collection)
    assert version is not None
    return version


def erase(group: TrainableGroup, *ids: str) -> BuiltSnapshot | None:
    """Erase ids from the version in use; nothing switches to what is published."""
    return group.eraser.erase(group.collection, in_use(group), frozenset(ids))


def erased(group: TrainableGroup, *ids: str) -> BuiltSnapshot:
    built = erase(group, *ids)
    assert built is not None
    return built


def blob(group: TrainableGroup, version: str) -> str:
    return f"{group.collection.incarnation}/{version}"


def opened(group: TrainableGroup, version: str) -> Snapshot:
    """A published file, checked."""
    path = group.folder / f"copy of {version}"
    assert group.blobs.download(SNAPSHOTS, blob(group, version), path)
    return Snapshot.open(path, verify=True)


def rows(snapshot: Snapshot) -> dict[str, tuple[str, bytes]]:
    """The person and the vector of every face."""
    persons = snapshot.persons_of_all()
    return {
        snapshot.face_id(row): (
            str(uuid.UUID(bytes=persons[row].tobytes())),
            snapshot.vectors[row].tobytes(),
        )
        for row in range(snapshot.index.faces)
    }


def stored_as(faces: list[PersistedFace]) -> dict[str, tuple[str, bytes]]:
    return {
        face.persisted_face_id: (face.person_id, face.embedding.vector.tobytes()) for face in faces
    }


@pytest.mark.parametrize("block", [1, 7, 40, 16_384])
def test_every_other_face_is_kept_as_it_was_in_blocks_of_any_size(
    small: TrainableGroup, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(snapshot_eraser, "_BLOCK_ROWS", block)
    faces = [small.add_person() for _ in range(40)]
    faces += [small.add_face(face.person_id) for face in faces[:10]]
    small.train()
    gone = {faces[3].person_id, faces[20].persisted_face_id, faces[48].persisted_face_id}

    built = erased(small, *gone)

    kept = [face for face in faces if not {face.person_id, face.persisted_face_id} & gone]
    assert rows(opened(small, built.version)) == stored_as(kept)
    assert (built.faces, built.persons) == (len(kept), 38) == (46, 38)


def test_a_snapshot_without_a_delta_is_replaced_by_one_version(small: TrainableGroup) -> None:
    face, *_ = [small.add_person() for _ in range(3)]
    small.train()
    before = in_use(small)

    built = erased(small, face.person_id)

    assert built.version != before
    assert not built.version.endswith(".delta")
    assert built.parts == {built.version}
    assert built.published == (built.version,)
    assert built.replaces == {before}


def test_a_snapshot_that_holds_nothing_of_the_deleted_is_left_as_it_is(
    small: TrainableGroup,
) -> None:
    small.add_person()
    small.train()
    files = small.snapshots()
    assert erase(small, str(uuid.uuid4())) is None
    small.normalise()
    assert erase(small, str(uuid.uuid4())) is None, "it is of this version, though without a cohort"
    assert small.snapshots() == files
    assert list(small.work.iterdir()) == []


class Amended:
    """A group with a base and a delta, and a face of each."""

    def __init__(self, group: TrainableGroup) -> None:
        self.group = group
        self.in_base = [group.add_person() for _ in range(20)]
        group.train()
        self.in_delta = [group.add_person() for _ in range(3)]
        group.train()
        self.version = in_use(group)
        (self.base,) = {*group.snapshots()} - {self.version}


@pytest.fixture
def amended(group: TrainableGroup) -> Amended:
    return Amended(group)


def test_a_face_of_the_base_makes_a_new_base_and_a_delta_that_names_it(amended: Amended) -> None:
    group = amended.group

    built = erased(group, amended.in_base[4].person_id)

    delta = opened(group, built.version)
    base = delta.index.base
    assert base is not None
    assert base != amended.base
    assert built.version.endswith(".delta")
    assert built.parts == {built.version, base}
    assert sorted(built.published) == sorted({built.version, base})
    assert built.replaces == {amended.version, amended.base}
    kept = amended.in_base[:4] + amended.in_base[5:]
    assert rows(opened(group, base)) == stored_as(kept)
    assert rows(delta) == stored_as(amended.in_delta)
    assert (delta.index.base_faces, delta.index.base_persons) == (19, 19)
    assert delta.index.marks == opened(group, amended.version).index.marks


def test_a_face_of_the_delta_leaves_the_base_as_it_is(amended: Amended) -> None:
    group = amended.group

    built = erased(group, amended.in_delta[1].persisted_face_id)

    delta = opened(group, built.version)
    assert delta.index.base == amended.base
    assert built.parts == {built.version, amended.base}
    assert built.published == (built.version,)
    assert built.replaces == {amended.version}
    assert rows(delta) == stored_as([amended.in_delta[0], amended.in_delta[2]])
    assert (built.faces, built.persons) == (2, 2)


def test_a_delta_and_a_base_that_hold_nothing_of_the_deleted_are_left(amended: Amended) -> None:
    files = amended.group.snapshots()
    assert erase(amended.group, str(uuid.uuid4())) is None
    assert amended.group.snapshots() == files


def test_what_an_older_delta_dropped_leaves_its_base_with_the_next_erasure(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person() for _ in range(20)]
    group.train()
    version = in_use(group)
    (base,) = {*group.snapshots()} - {version}
    plain = opened(group, version).index
    dropped = (uuid.UUID(faces[0].person_id).bytes,)
    path = group.folder / "dropping"
    with SnapshotWriter(
        path, model=plain.model, dimension=plain.dimension, created=plain.created
    ) as writer:
        writer.finish(DeltaFields(base, 20, plain.created, plain.marks, dropped))
    group.blobs.write(SNAPSHOTS, blob(group, version), path)

    built = erased(group)

    delta = opened(group, built.version)
    assert len(delta.dropped) == 0
    assert delta.index.base is not None
    assert rows(opened(group, delta.index.base)) == stored_as(faces[1:])


@pytest.mark.parametrize("deltas", [False, True])
def test_a_snapshot_of_an_older_format_is_written_again_with_a_cohort(
    tmp_path: Path, deltas: bool
) -> None:
    group = TrainableGroup(tmp_path, amended_from=10 if deltas else 10**6)
    faces = [group.add_person() for _ in range(20)]
    group.train()
    for found in group.blobs.listing(SNAPSHOTS):
        content = group.blobs.read(SNAPSHOTS, found.name) or b""
        magic, _, padding = PREAMBLE.unpack_from(content)
        older = PREAMBLE.pack(magic, 2, padding) + content[PREAMBLE.size :]
        group.blobs.write(SNAPSHOTS, found.name, older)
    assert erase(group) is None, "its scores are not normalised"
    group.normalise()

    built = erased(group)

    newest = opened(group, built.version)
    whole = newest if newest.index.base is None else opened(group, newest.index.base)
    assert whole.figures is not None
    assert rows(whole) == stored_as(faces)
    assert len(built.published) == (2 if deltas else 1)
    group.store.close()


def test_a_missing_or_damaged_file_is_an_error_that_names_it(amended: Amended) -> None:
    group, gone = amended.group, amended.in_base[0].person_id
    whole = group.blobs.read(SNAPSHOTS, blob(group, amended.base))
    assert whole is not None
    damaged = bytearray(whole)
    damaged[opened(group, amended.base).index.sections["vectors"].offset] ^= 1
    group.blobs.write(SNAPSHOTS, blob(group, amended.base), bytes(damaged))
    with pytest.raises(TornSnapshot, match="vectors"):
        erase(group, gone)
    for version in (amended.base, amended.version):
        group.blobs.delete(SNAPSHOTS, blob(group, version))
        with pytest.raises(SnapshotMissing):
            erase(group, gone)
    assert list(group.work.iterdir()) == []
