"""Training by deltas finds what a whole training would find."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.collections import LARGE_FACE_LIST, PERSON_GROUP
from shared.domain.values import PersistedFace, TrainingStatus
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.listed_faces import ListedFaces
from tests.unit.services.training.world import World, new_id


def bases(world: World) -> list[str]:
    return [name for name in world.snapshots() if not name.endswith(".delta")]


def test_a_second_training_leaves_the_base_and_finds_what_was_added(world: World) -> None:
    for _ in range(30):
        world.add_person()
    world.train()
    base = bases(world)
    added = [world.add_person(), world.add_person(faces=3)]
    assert world.everybody() < world.stored()
    assert world.train().status is TrainingStatus.SUCCEEDED
    assert bases(world) == base
    assert world.everybody() == world.stored()
    for face in added:
        assert world.nearest(face.embedding.vector) == face.person_id


def test_what_was_deleted_stays_away_after_its_tombstone_went(world: World) -> None:
    faces = [world.add_person(faces=2) for _ in range(30)]
    world.train()
    base = bases(world)
    world.delete_person(faces[0].person_id)
    world.delete_face(faces[1])
    world.train()
    assert world.tombstones.read(world.collection.incarnation).ids == frozenset()
    assert bases(world) == base
    assert world.everybody() == world.stored()
    assert world.nearest(faces[0].embedding.vector) != faces[0].person_id
    world.add_person()
    world.train()
    assert world.everybody() == world.stored()


def test_what_was_added_and_deleted_between_two_trainings_never_appears(world: World) -> None:
    for _ in range(30):
        world.add_person()
    world.train()
    early = world.add_person()
    world.delete_person(early.person_id)
    world.train()
    assert world.everybody() == world.stored()
    late = world.add_person()
    world.train()
    world.delete_person(late.person_id)
    assert world.everybody() == world.stored()
    world.train()
    assert world.everybody() == world.stored()


def test_a_face_that_was_only_relabelled_is_found_once(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.train()
    chosen = faces[4]
    world.people.update_face(
        world.collection, chosen.person_id, chosen.persisted_face_id, "another label"
    )
    world.train()
    assert world.everybody() == world.stored()
    world.delete_face(chosen)
    assert world.everybody() == world.stored()
    world.train()
    assert world.everybody() == world.stored()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", [PERSON_GROUP, None])
def test_any_history_ends_as_a_whole_training_would(
    tmp_path: Path, seed: int, kind: object
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test
    world = World(tmp_path, kind=PERSON_GROUP) if kind else World(tmp_path)
    faces: list[PersistedFace] = [world.add_person(faces=2) for _ in range(20)]
    for _ in range(12):
        world.train()
        assert world.everybody() == world.stored()
        for _ in range(chance.randint(0, 6)):
            match chance.randint(0, 4):
                case 0:
                    faces.append(world.add_person(faces=chance.randint(1, 3)))
                case 1:
                    person = chance.choice(faces).person_id
                    faces.append(world.add_face(person))
                case 2:
                    face = faces.pop(chance.randrange(len(faces)))
                    world.delete_face(face)
                case 3:
                    person = faces[0].person_id
                    faces = [face for face in faces if face.person_id != person]
                    world.delete_person(person)
                case _:
                    face = chance.choice(faces)
                    world.people.update_face(
                        world.collection, face.person_id, face.persisted_face_id, "label"
                    )
        assert world.everybody() <= world.stored()
    assert world.is_trained_by_deltas
    world.store.close()


def test_small_collections_are_trained_whole(tmp_path: Path) -> None:
    world = World(tmp_path, amended_from=100)
    for _ in range(30):
        world.add_person()
    world.train()
    assert not world.is_trained_by_deltas
    world.train()
    assert len(world.snapshots()) == 1
    world.store.close()


def test_a_delta_that_has_grown_too_large_makes_the_snapshot_anew(world: World) -> None:
    for _ in range(20):
        world.add_person()
    world.train()
    base = bases(world)
    person = world.add_person().person_id
    for _ in range(199):
        world.add_face(person)
    for _ in range(4):
        person = world.add_person(faces=200).person_id
    world.train()
    assert bases(world) == base
    world.add_person(faces=10)
    world.train()
    assert bases(world) != base
    assert len(world.snapshots()) == 2
    assert world.everybody() == world.stored()


def test_a_base_with_deleted_faces_is_made_anew_after_a_day(world: World) -> None:
    faces = [world.add_person() for _ in range(20)]
    world.train()
    base = bases(world)
    world.delete_person(faces[0].person_id)
    world.train()
    assert bases(world) == base
    world.clock.pass_time(timedelta(days=1))
    world.train()
    assert bases(world) != base
    assert len(world.snapshots()) == 2


def test_when_the_last_face_is_deleted_there_is_nothing_to_train_on(world: World) -> None:
    faces = [world.add_person() for _ in range(12)]
    world.train()
    for face in faces:
        world.delete_person(face.person_id)
    record = world.train()
    assert record.status is TrainingStatus.FAILED
    assert record.message is not None and "Add faces" in record.message
    assert world.everybody() == set()


def test_a_damaged_delta_is_replaced_by_a_whole_training(world: World) -> None:
    for _ in range(20):
        world.add_person()
    world.train()
    version = world.training.status(world.key).snapshot
    world.blobs.write("snapshots", f"{world.collection.incarnation}/{version}", b"torn")
    world.add_person()
    world.train()
    assert world.everybody() == world.stored()


def test_faces_of_two_models_are_refused_with_a_reason(world: World) -> None:
    face = world.add_person()
    for _ in range(12):
        world.add_person()
    world.train()
    world.add_face(face.person_id, model="a newer one")
    record = world.train()
    assert record.status is TrainingStatus.FAILED
    assert record.message is not None and "recognition model" in record.message


def test_large_face_lists_are_trained_alike(tmp_path: Path) -> None:
    world = World(tmp_path, kind=LARGE_FACE_LIST)
    listed = ListedFaces(world.store.container(PEOPLE))

    def add() -> str:
        face = world.made_up_face(new_id())
        alone = replace(face, person_id=face.persisted_face_id)
        listed.add(world.collection, alone, maximum=1_000)
        return alone.persisted_face_id

    faces = [add() for _ in range(30)]
    world.train()
    added = add()
    world.mark_deleted(faces[3])
    listed.delete(world.collection, faces[3])
    world.train()
    assert world.is_trained_by_deltas
    assert world.everybody() == {*faces, added} - {faces[3]}
    world.store.close()
