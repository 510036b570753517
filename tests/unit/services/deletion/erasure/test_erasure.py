"""What was deleted leaves the files of trainings, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from shared.domain.values import Collection, TrainingStatus
from shared.gallery.snapshots.writer import SnapshotWriter
from shared.services.deletion.snapshot_eraser import SnapshotEraser
from shared.services.messages import ErasureMessage
from shared.services.queue_policy import MAINTENANCE
from shared.services.training.builder import BuiltSnapshot
from shared.storage.layout import PEOPLE, PURGE_QUEUE, SNAPSHOTS
from shared.storage.records.collections.people import person_key
from shared.storage.records.pending_tasks import TaskKind
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture(params=[10, 10**6], ids=["by deltas", "whole"])
def group(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TrainableGroup]:
    """A group of large collections, which are trained by deltas, and one of small ones."""
    group = TrainableGroup(tmp_path, amended_from=request.param)
    yield group
    group.store.close()


def test_deleted_embeddings_leave_every_file(group: TrainableGroup) -> None:
    faces = [group.add_person(faces=2) for _ in range(30)]
    group.train()
    kept = group.found()
    group.delete_person(faces[0].person_id)
    group.delete_face(faces[1])
    assert group.holds(faces[0])
    assert group.holds(faces[1])
    left = group.found()

    group.erase()

    assert not group.holds(faces[0])
    assert not group.holds(faces[1])
    assert group.holds(faces[2])
    assert group.found() == left == kept & group.stored()


def test_this_machines_copies_go_too(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    group.found()
    content = faces[0].embedding.vector.tobytes()
    assert any(content in copy.read_bytes() for copy in group.copies())
    group.delete_person(faces[0].person_id)

    group.erase()

    assert not any(content in copy.read_bytes() for copy in group.copies())
    group.found()
    assert len(group.copies()) == len(group.snapshots())


def test_what_was_added_since_the_training_does_not_come_in(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    trained = group.train()
    late = group.add_person()
    group.delete_person(faces[0].person_id)

    group.erase()

    assert late.persisted_face_id not in group.found()
    status = group.training.status(group.key)
    assert (status.status, status.last_success) == (TrainingStatus.SUCCEEDED, trained.last_success)
    assert status.last_action == trained.last_action


def test_a_training_in_between_does_not_keep_what_was_deleted(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    group.add_person()
    group.delete_person(faces[0].person_id)
    group.train()

    group.erase()

    assert not group.holds(faces[0])
    assert group.found() == group.stored()


def test_what_came_with_a_later_training_is_erased_too(group: TrainableGroup) -> None:
    for _ in range(30):
        group.add_person()
    group.train()
    late = group.add_person(faces=3)
    group.train()
    group.delete_face(late)
    assert group.holds(late)

    group.erase()

    assert not group.holds(late)
    assert group.found() == group.stored()


def test_trainings_go_on_from_what_was_erased(group: TrainableGroup) -> None:
    faces = [group.add_person(faces=2) for _ in range(30)]
    group.train()
    group.delete_person(faces[0].person_id)
    group.erase()
    added = group.add_person()
    group.delete_face(faces[1])

    group.train()

    assert group.found() == group.stored()
    assert group.nearest(added.embedding.vector) == added.person_id
    group.erase()
    assert not group.holds(faces[1])
    assert group.found() == group.stored()


def test_a_group_whose_last_person_goes_is_an_empty_one(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(12)]
    group.train()
    for face in faces:
        group.delete_person(face.person_id)

    group.erase()

    assert group.found() == set()
    assert not any(group.holds(face) for face in faces)
    new = group.add_person()
    group.train()
    assert group.found() == {new.persisted_face_id}


def test_what_was_never_trained_needs_no_rewriting(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.delete_person(faces[0].person_id)
    group.erase()
    assert group.snapshots() == []
    assert group.marks.all(group.collection.incarnation) == []
    group.train()
    files = group.snapshots()
    late = group.add_person()
    group.delete_person(late.person_id)

    group.erase()

    assert group.snapshots() == files
    assert group.marks.all(group.collection.incarnation) == []
    group.erase()
    assert list(group.tasks.all()) == []


def test_an_erasure_waits_for_the_training_that_is_under_way(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    files = group.snapshots()
    group.delete_person(faces[0].person_id)
    group.training.request(group.key)

    group.erase()

    assert group.snapshots() == files
    assert len(group.marks.all(group.collection.incarnation)) == 1
    group.training.run(group.message())
    group.erase()
    assert not group.holds(faces[0])
    assert group.marks.all(group.collection.incarnation) == []


class OvertakenEraser(SnapshotEraser):
    """Trains the group while it erases."""

    group: TrainableGroup

    def erase(
        self, collection: Collection, version: str, deleted: frozenset[str]
    ) -> BuiltSnapshot | None:
        built = super().erase(collection, version, deleted)
        self.group.train()
        return built


def test_an_erasure_that_a_training_overtakes_leaves_nothing_and_comes_again(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    group.delete_person(faces[0].person_id)
    plain = group.eraser
    overtaken = OvertakenEraser(group.blobs, group.work, new_id, group.clock, group.cohorts)
    overtaken.group = group
    group.eraser = overtaken
    group.erase()
    group.eraser = plain
    assert len(group.marks.all(group.collection.incarnation)) == 1
    assert len(group.snapshots()) == (2 if group.is_trained_by_deltas else 1)

    group.erase()

    assert not group.holds(faces[0])
    assert group.found() == group.stored()


def test_a_later_collection_of_the_same_name_is_left_alone(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    group.delete_person(faces[0].person_id)
    (stored,) = group.tasks.all()
    files = group.snapshots()

    message = ErasureMessage(group.key.kind.name, group.key.collection_id, new_id())
    group.erasure.run(message)
    group.erasure.run(msgspec.structs.replace(message, collection_id="absent"))

    assert group.snapshots() == files
    assert list(group.tasks.all()) == [stored]


def test_a_damaged_snapshot_is_trained_again(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    group.delete_person(faces[0].person_id)
    for blob in list(group.blobs.listing(SNAPSHOTS)):
        group.blobs.write(SNAPSHOTS, blob.name, b"torn")

    group.erase()

    assert group.training.status(group.key).status is TrainingStatus.RUNNING
    group.training.run(group.message())
    assert group.found() == group.stored()
    assert not group.holds(faces[0])


def test_a_message_of_the_version_before_marks_is_understood(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    gone = faces[0].person_id
    key = person_key(group.collection, gone)
    group.store.container(PEOPLE).delete(key)
    message = ErasureMessage(
        group.key.kind.name, group.key.collection_id, group.collection.incarnation, gone
    )

    group.erasure.run(message)

    assert not group.holds(faces[0])
    assert group.stored() == group.found()


def test_a_collection_that_was_deleted_meanwhile_is_left_to_its_purge(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.delete_person(faces[0].person_id)
    incarnation = group.collection.incarnation
    group.collections.delete(group.key, incarnation)

    group.erase()

    assert [stored.task.kind for stored in group.tasks.all()] == [TaskKind.PURGE]
    group.send_pending()
    assert group.queue.texts(PURGE_QUEUE) == [], (
        "the request that deleted it may be about to send it"
    )
    group.clock.advance(MAINTENANCE)
    group.send_pending()
    group.purge()
    assert not group.marks.any(incarnation)


def test_a_deletion_is_not_finished_while_its_bytes_are_in_the_database(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.delete_person(group.add_person().person_id)
    with monkeypatch.context() as busy:
        busy.setattr(group.store, "erase_deleted", lambda: False)
        group.erase()
        assert len(group.marks.all(group.collection.incarnation)) == 1
    group.erase()
    assert group.marks.all(group.collection.incarnation) == []


def test_a_snapshot_is_rewritten_within_the_bytes_of_one_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = TrainableGroup(tmp_path, amended_from=10**6)
    faces = [group.add_person() for _ in range(300)]
    group.train()
    (snapshot,) = group.blobs.listing(SNAPSHOTS)
    group.delete_person(faces[0].person_id)
    occupied: list[int] = []

    def measured(write: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            result = write(*arguments, **named)
            files = [path for path in group.work.rglob("*") if path.is_file()]
            occupied.append(sum(path.stat().st_size for path in files))
            return result

        return call

    for name in ("add", "finish"):
        monkeypatch.setattr(SnapshotWriter, name, measured(getattr(SnapshotWriter, name)))

    group.erase()

    assert not group.holds(faces[0])
    assert len(occupied) == 300, "299 rows, and the end"
    assert max(occupied) == occupied[0] == snapshot.size
    assert occupied[-1] < snapshot.size
    group.store.close()


def test_a_snapshot_that_a_killed_training_published_goes_with_the_last_person(
    group: TrainableGroup,
) -> None:
    person = group.add_person()
    group.training.request(group.key)
    group.builder.build(group.collection, None, lambda _: None, whole=False)
    group.delete_person(person.person_id)
    group.deliver_training()
    assert group.training.status(group.key).status is TrainingStatus.FAILED

    group.erase()
    group.erase()

    assert group.snapshots() == []
    assert list(group.tasks.all()) == []
