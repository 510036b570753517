"""What was deleted leaves the files of trainings, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from shared.domain.values import Collection, TrainingStatus
from shared.gallery.snapshots.format import TornSnapshot
from shared.services.deletion.snapshot_eraser import SnapshotEraser
from shared.services.messages import ErasureMessage
from shared.services.training.builder import BuiltSnapshot
from shared.storage.layout import SNAPSHOTS
from tests.unit.services.training.world import World, new_id


@pytest.fixture(params=[10, 10**6], ids=["by deltas", "whole"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A world of large collections, which are trained by deltas, and one of small ones."""
    world = World(tmp_path, amended_from=request.param)
    yield world
    world.store.close()


def test_deleted_embeddings_leave_every_file(world: World) -> None:
    faces = [world.add_person(faces=2) for _ in range(30)]
    world.train()
    kept = world.everybody()
    world.delete_person(faces[0].person_id)
    world.delete_face(faces[1])
    assert world.holds(faces[0])
    assert world.holds(faces[1])
    left = world.everybody()

    world.erase()

    assert not world.holds(faces[0])
    assert not world.holds(faces[1])
    assert world.holds(faces[2])
    assert world.everybody() == left == kept & world.stored()


def test_this_machines_copies_go_too(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.train()
    world.everybody()
    content = faces[0].embedding.vector.tobytes()
    assert any(content in copy.read_bytes() for copy in world.copies())
    world.delete_person(faces[0].person_id)

    world.erase()

    assert not any(content in copy.read_bytes() for copy in world.copies())
    world.everybody()
    assert len(world.copies()) == len(world.snapshots())


def test_what_was_added_since_the_training_does_not_come_in(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    trained = world.train()
    late = world.add_person()
    world.delete_person(faces[0].person_id)

    world.erase()

    assert late.persisted_face_id not in world.everybody()
    status = world.training.status(world.key)
    assert (status.status, status.last_success) == (TrainingStatus.SUCCEEDED, trained.last_success)
    assert status.last_action == trained.last_action


def test_a_training_in_between_does_not_keep_what_was_deleted(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.train()
    world.add_person()
    world.delete_person(faces[0].person_id)
    world.train()

    world.erase()

    assert not world.holds(faces[0])
    assert world.everybody() == world.stored()


def test_what_came_with_a_later_training_is_erased_too(world: World) -> None:
    for _ in range(30):
        world.add_person()
    world.train()
    late = world.add_person(faces=3)
    world.train()
    world.delete_face(late)
    assert world.holds(late)

    world.erase()

    assert not world.holds(late)
    assert world.everybody() == world.stored()


def test_trainings_go_on_from_what_was_erased(world: World) -> None:
    faces = [world.add_person(faces=2) for _ in range(30)]
    world.train()
    world.delete_person(faces[0].person_id)
    world.erase()
    added = world.add_person()
    world.delete_face(faces[1])

    world.train()

    assert world.everybody() == world.stored()
    assert world.nearest(added.embedding.vector) == added.person_id
    world.erase()
    assert not world.holds(faces[1])
    assert world.everybody() == world.stored()


def test_a_group_whose_last_person_goes_is_an_empty_one(world: World) -> None:
    faces = [world.add_person() for _ in range(12)]
    world.train()
    for face in faces:
        world.delete_person(face.person_id)

    world.erase()

    assert world.everybody() == set()
    assert not any(world.holds(face) for face in faces)
    new = world.add_person()
    world.train()
    assert world.everybody() == {new.persisted_face_id}


def test_many_deletions_are_one_rewriting(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.train()
    for face in faces[:5]:
        world.delete_person(face.person_id)
    first, *more = world.queue.erasures
    world.erasure.run(msgspec.json.decode(first, type=ErasureMessage))
    rewritten = world.snapshots()

    world.erase()

    assert len(more) == 4
    assert world.snapshots() == rewritten
    assert not any(world.holds(face) for face in faces[:5])


def test_what_was_never_trained_needs_no_rewriting(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.delete_person(faces[0].person_id)
    world.erase()
    assert world.snapshots() == []
    world.train()
    files = world.snapshots()
    late = world.add_person()
    world.delete_person(late.person_id)

    world.erase()

    assert world.snapshots() == files
    assert world.queue.erasures == []


def test_an_erasure_waits_for_the_training_that_is_under_way(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.train()
    files = world.snapshots()
    world.delete_person(faces[0].person_id)
    world.training.request(world.key)

    world.erase()

    assert world.snapshots() == files
    assert len(world.queue.erasures) == 1
    world.training.run(world.message(), last_attempt=False)
    world.erase()
    assert not world.holds(faces[0])


def test_a_dead_training_does_not_hold_it_up(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.train()
    world.delete_person(faces[0].person_id)
    world.training.request(world.key)
    world.clock.pass_time(timedelta(hours=1))

    world.erase()

    assert not world.holds(faces[0])


class OvertakenEraser(SnapshotEraser):
    """Meanwhile somebody trains."""

    world: World

    def erase(
        self, collection: Collection, version: str, deleted: frozenset[str]
    ) -> BuiltSnapshot | None:
        built = super().erase(collection, version, deleted)
        self.world.train()
        return built


def test_an_erasure_that_a_training_overtakes_leaves_nothing_and_comes_again(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.train()
    world.delete_person(faces[0].person_id)
    plain = world.eraser
    overtaken = OvertakenEraser(world.blobs, world.work, new_id, world.clock)
    overtaken.world = world
    world.eraser = overtaken
    world.erase()
    world.eraser = plain
    assert len(world.queue.erasures) == 1
    assert len(world.snapshots()) == (2 if world.is_trained_by_deltas else 1)

    world.erase()

    assert not world.holds(faces[0])
    assert world.everybody() == world.stored()


def test_a_later_collection_of_the_same_name_is_left_alone(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.train()
    world.delete_person(faces[0].person_id)
    (text,) = world.queue.erasures
    message = msgspec.json.decode(text, type=ErasureMessage)
    files = world.snapshots()

    world.erasure.run(msgspec.structs.replace(message, incarnation=new_id()))
    assert world.snapshots() == files
    world.erasure.run(msgspec.structs.replace(message, collection_id="nobody"))
    assert world.snapshots() == files


def test_a_damaged_file_fails_the_message(world: World) -> None:
    faces = [world.add_person() for _ in range(30)]
    world.train()
    world.delete_person(faces[0].person_id)
    for blob in list(world.blobs.listing(SNAPSHOTS)):
        world.blobs.write(SNAPSHOTS, blob.name, b"torn")

    with pytest.raises(TornSnapshot):
        world.erase()
