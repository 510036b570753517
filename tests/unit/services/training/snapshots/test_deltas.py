"""Training by deltas finds what a whole training would find."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from shared.domain.collections import LARGE_FACE_LIST, PERSON_GROUP
from shared.domain.values import PersistedFace, TrainingStatus
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields, SnapshotWriter
from shared.storage.layout import PEOPLE, SNAPSHOTS
from shared.storage.records.collections.listed_faces import ListedFaces
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


def bases(group: TrainableGroup) -> list[str]:
    return [name for name in group.snapshots() if not name.endswith(".delta")]


def test_a_second_training_leaves_the_base_and_finds_what_was_added(group: TrainableGroup) -> None:
    for _ in range(30):
        group.add_person()
    group.train()
    base = bases(group)
    added = [group.add_person(), group.add_person(faces=3)]
    assert group.found() < group.stored()
    assert group.train().status is TrainingStatus.SUCCEEDED
    assert bases(group) == base
    assert group.found() == group.stored()
    for face in added:
        assert group.nearest(face.embedding.vector) == face.person_id


def test_what_was_deleted_stays_away_when_its_mark_went(group: TrainableGroup) -> None:
    faces = [group.add_person(faces=2) for _ in range(30)]
    group.train()
    base = bases(group)
    group.delete_person(faces[0].person_id)
    group.delete_face(faces[1])
    group.train()
    assert bases(group) == base
    assert group.found() == group.stored()
    group.erase()
    assert group.marks.all(group.collection.incarnation) == []
    assert group.found() == group.stored()
    assert group.nearest(faces[0].embedding.vector) != faces[0].person_id
    group.add_person()
    group.train()
    assert group.found() == group.stored()


def test_what_was_added_and_deleted_between_two_trainings_never_appears(
    group: TrainableGroup,
) -> None:
    for _ in range(30):
        group.add_person()
    group.train()
    early = group.add_person()
    group.delete_person(early.person_id)
    group.train()
    assert group.found() == group.stored()
    late = group.add_person()
    group.train()
    group.delete_person(late.person_id)
    assert group.found() == group.stored()
    group.train()
    assert group.found() == group.stored()


def test_a_face_that_was_only_relabelled_is_found_once(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    chosen = faces[4]
    group.people.update_face(
        group.collection, chosen.person_id, chosen.persisted_face_id, "another label"
    )
    group.train()
    assert group.found() == group.stored()
    group.delete_face(chosen)
    assert group.found() == group.stored()
    group.train()
    assert group.found() == group.stored()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", [PERSON_GROUP, None])
def test_any_history_ends_as_a_whole_training_would(
    tmp_path: Path, seed: int, kind: object
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test
    group = TrainableGroup(tmp_path, kind=PERSON_GROUP) if kind else TrainableGroup(tmp_path)
    faces: list[PersistedFace] = [group.add_person(faces=2) for _ in range(20)]
    for _ in range(12):
        group.train()
        assert group.found() == group.stored()
        for _ in range(chance.randint(0, 6)):
            match chance.randint(0, 4):
                case 0:
                    faces.append(group.add_person(faces=chance.randint(1, 3)))
                case 1:
                    person = chance.choice(faces).person_id
                    faces.append(group.add_face(person))
                case 2:
                    face = faces.pop(chance.randrange(len(faces)))
                    group.delete_face(face)
                case 3:
                    person = faces[0].person_id
                    faces = [face for face in faces if face.person_id != person]
                    group.delete_person(person)
                case _:
                    face = chance.choice(faces)
                    group.people.update_face(
                        group.collection, face.person_id, face.persisted_face_id, "label"
                    )
        assert group.found() <= group.stored()
    assert group.is_trained_by_deltas
    group.store.close()


def test_small_collections_are_trained_whole(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, amended_from=100)
    for _ in range(30):
        group.add_person()
    group.train()
    assert not group.is_trained_by_deltas
    group.train()
    assert len(group.snapshots()) == 1
    group.store.close()


def test_a_delta_that_has_grown_too_large_makes_the_snapshot_anew(group: TrainableGroup) -> None:
    for _ in range(20):
        group.add_person()
    group.train()
    base = bases(group)
    person = group.add_person().person_id
    for _ in range(199):
        group.add_face(person)
    for _ in range(4):
        person = group.add_person(faces=200).person_id
    group.train()
    assert bases(group) == base
    group.add_person()
    group.train()
    assert bases(group) != base
    assert len(group.snapshots()) == 2
    assert group.found() == group.stored()


def test_a_delta_of_an_earlier_version_that_drops_ids_makes_the_snapshot_anew(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person() for _ in range(20)]
    group.train()
    (base,) = bases(group)
    path = group.folder / "dropping"
    plain = Snapshot.open(stored_delta(group), verify=True).index
    dropped = (uuid.UUID(faces[0].person_id).bytes,)
    with SnapshotWriter(
        path, model=plain.model, dimension=plain.dimension, created=plain.created
    ) as writer:
        writer.finish(DeltaFields(base, 20, plain.created, plain.marks, dropped))
    version = group.training.status(group.key).snapshot
    group.blobs.write(SNAPSHOTS, f"{group.collection.incarnation}/{version}", path)
    assert group.found() == group.stored() - {faces[0].persisted_face_id}

    group.train()

    assert group.found() == group.stored()
    assert bases(group) != [base]


def stored_delta(group: TrainableGroup) -> Path:
    """A copy of the delta in use."""
    version = group.training.status(group.key).snapshot
    path = group.folder / "delta"
    assert group.blobs.download(SNAPSHOTS, f"{group.collection.incarnation}/{version}", path)
    return path


def test_when_the_last_face_is_deleted_there_is_nothing_to_train_on(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(12)]
    group.train()
    for face in faces:
        group.delete_person(face.person_id)
    record = group.train()
    assert record.status is TrainingStatus.FAILED
    assert record.message is not None and "Add faces" in record.message
    assert group.found() == set()


def test_a_damaged_delta_is_replaced_by_a_whole_training(group: TrainableGroup) -> None:
    for _ in range(20):
        group.add_person()
    group.train()
    version = group.training.status(group.key).snapshot
    group.blobs.write("snapshots", f"{group.collection.incarnation}/{version}", b"torn")
    group.add_person()
    group.train()
    assert group.found() == group.stored()


def test_faces_of_two_models_are_refused_with_a_reason(group: TrainableGroup) -> None:
    face = group.add_person()
    for _ in range(12):
        group.add_person()
    group.train()
    group.add_face(face.person_id, model="a newer one")
    record = group.train()
    assert record.status is TrainingStatus.FAILED
    assert record.message is not None and "recognition model" in record.message


def test_large_face_lists_are_trained_alike(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, kind=LARGE_FACE_LIST)
    listed = ListedFaces(group.store.container(PEOPLE))

    def add() -> str:
        face = group.made_up_face(new_id())
        alone = replace(face, person_id=face.persisted_face_id)
        listed.add(group.collection, alone, maximum=1_000)
        return alone.persisted_face_id

    faces = [add() for _ in range(30)]
    group.train()
    added = add()
    group.lifecycle.delete_listed_face(group.collection, faces[3])
    assert faces[3] not in group.found()
    group.train()
    assert group.is_trained_by_deltas
    assert group.found() == {*faces, added} - {faces[3]}
    group.store.close()
