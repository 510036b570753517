"""Deleting persons and faces: what holds when calls fail, overlap, or come in large numbers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from shared.domain.collections import (
    LARGE_FACE_LIST,
    PERSON_GROUP,
)
from shared.domain.errors import (
    PersistedFaceNotFound,
    PersonNotFound,
    Unavailable,
)
from shared.domain.values import PersistedFace, TrainingStatus
from shared.services.queue_policy import UNCOMMITTED_AFTER
from shared.storage.documents.store import Key
from shared.storage.layout import PEOPLE
from shared.storage.records.face_documents import face_document_id, partition_of
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.interrupted_group import COMMIT, MARK, SWEEP, TASK, InterruptedGroup
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture
def group(tmp_path: Path) -> InterruptedGroup:
    return InterruptedGroup(tmp_path)


def test_a_person_of_many_faces_stays_deleted_although_its_sweep_fails(
    group: InterruptedGroup,
) -> None:
    others = [group.add_person() for _ in range(12)]
    gone = group.add_person(faces=120)
    group.train()

    # The read of the collection comes before those of the deletion.
    group.during(1 + SWEEP, None, lambda: group.delete_person(gone.person_id))

    with pytest.raises(PersonNotFound):
        group.delete_person(gone.person_id)
    assert gone.persisted_face_id in group.stored(), "its sweep has failed"
    with pytest.raises(PersonNotFound):
        group.people.get_face(group.collection, gone.person_id, gone.persisted_face_id)
    for _ in range(3):
        group.train()
        assert group.found() == {one.persisted_face_id for one in others}
    group.erase()
    assert group.stored() == {one.persisted_face_id for one in others}
    group.train()
    assert group.found() == group.stored()


def test_trainings_inside_a_deletion_do_not_bring_the_person_back(group: InterruptedGroup) -> None:
    others = {group.add_person().persisted_face_id for _ in range(12)}
    gone = group.add_person(faces=3)
    group.train()

    def trainings() -> None:
        group.train()
        group.erase()
        group.train()

    for at in (MARK, TASK, COMMIT):
        person = gone.person_id if at == COMMIT else group.add_person(faces=2).person_id
        group.during(1 + at, trainings, partial(group.delete_person, person))
        assert group.found() <= others | {gone.persisted_face_id} | group.stored()
        group.train()
    group.erase()
    assert group.found() == group.stored() == others


def test_a_deletion_that_fails_before_it_commits_changes_nothing(group: InterruptedGroup) -> None:
    faces = [group.add_person(faces=2) for _ in range(12)]
    group.train()
    for at in (COMMIT, MARK, TASK):
        with pytest.raises(Unavailable):
            group.during(1 + at, None, lambda: group.delete_person(faces[0].person_id))
        group.interruptions.plan(None)
        assert group.people.get(group.collection, faces[0].person_id)
        assert group.found() == group.stored()
    group.train()
    assert group.found() == group.stored()
    group.clock.advance(UNCOMMITTED_AFTER)
    group.erase()
    assert group.marks.all(group.collection.incarnation) == []
    assert group.found() == group.stored()
    group.delete_person(faces[0].person_id)
    assert faces[0].persisted_face_id not in group.found()


def test_a_mark_that_may_be_under_way_is_not_withdrawn(group: InterruptedGroup) -> None:
    face = group.add_person()
    group.marks.announce(group.collection.incarnation, face.person_id)
    mark = group.marks.all(group.collection.incarnation)
    group.delete_face(face)
    (stored,) = group.tasks.all()
    group.erasure.send(stored.task)
    group.deliver_erasures()
    assert group.marks.all(group.collection.incarnation) == mark


def test_a_deletion_that_is_overtaken_by_the_withdrawal_of_its_mark_marks_again(
    group: InterruptedGroup,
) -> None:
    for _ in range(12):
        group.add_person()
    gone = group.add_person(faces=2)
    group.delete_person(group.add_person().person_id)
    group.train()

    def withdrawn() -> None:
        group.clock.advance(UNCOMMITTED_AFTER)
        group.erase()
        assert not any(
            mark.person_id == gone.person_id
            for mark in group.marks.all(group.collection.incarnation)
        )

    # The task is there already: the commit is one call earlier.
    group.during(COMMIT, withdrawn, lambda: group.delete_person(gone.person_id))

    assert gone.persisted_face_id not in group.found()
    assert [mark.person_id for mark in group.marks.all(group.collection.incarnation)] == [
        gone.person_id
    ]


def test_a_task_that_is_being_closed_is_opened_again_by_a_deletion(group: InterruptedGroup) -> None:
    faces = [group.add_person() for _ in range(12)]
    group.train()
    group.delete_person(faces[0].person_id)
    group.erase()
    group.clock.advance(timedelta(minutes=5))
    (stored,) = group.tasks.all()
    group.erasure.send(stored.task)
    calls = group.calls_of(group.deliver_erasures)
    group.delete_person(faces[1].person_id)
    group.erase()
    for at in range(1, calls + 1):
        gone = faces[1 + at] if 1 + at < len(faces) else group.add_person()
        group.clock.advance(timedelta(minutes=5))
        for left in group.tasks.all():
            group.erasure.send(left.task)
        delete = partial(group.delete_person, gone.person_id)
        group.during(at, delete, group.deliver_erasures)
        if gone.person_id in {
            mark.person_id for mark in group.marks.all(group.collection.incarnation)
        }:
            assert list(group.tasks.all()), f"a deletion during call {at} was forgotten"
        group.erase()


def test_a_face_that_a_person_lists_but_that_is_not_stored_can_be_deleted(
    group: InterruptedGroup,
) -> None:
    face = group.add_person(faces=2)
    lost = Key(
        partition_of(group.collection, face.person_id),
        face_document_id(face.person_id, face.persisted_face_id),
    )
    group.store.container(PEOPLE).delete(lost)
    with pytest.raises(PersistedFaceNotFound):
        group.people.get_face(group.collection, face.person_id, face.persisted_face_id)
    group.delete_face(face)
    assert len(group.people.get(group.collection, face.person_id).persisted_face_ids) == 1
    with pytest.raises(PersistedFaceNotFound):
        group.delete_face(face)


def test_a_person_with_a_face_that_is_not_stored_can_be_deleted(group: InterruptedGroup) -> None:
    face = group.add_person(faces=3)
    lost = face_document_id(face.person_id, face.persisted_face_id)
    group.store.container(PEOPLE).delete(Key(partition_of(group.collection, face.person_id), lost))
    group.delete_person(face.person_id)
    assert group.stored() == set()


def test_what_does_not_exist_is_not_found(group: InterruptedGroup) -> None:
    face = group.add_person()
    with pytest.raises(PersonNotFound):
        group.delete_person(new_id())
    with pytest.raises(PersonNotFound):
        group.lifecycle.delete_face(group.collection, new_id(), face.persisted_face_id)
    with pytest.raises(PersistedFaceNotFound):
        group.lifecycle.delete_face(group.collection, face.person_id, new_id())
    with pytest.raises(PersonNotFound):
        group.people.get_face(group.collection, new_id(), face.persisted_face_id)
    assert group.marks.all(group.collection.incarnation) == []


@pytest.mark.parametrize("kind", [PERSON_GROUP, None])
def test_sixty_four_deletions_at_once_are_no_conflict(tmp_path: Path, kind: object) -> None:
    group = TrainableGroup(tmp_path, kind=PERSON_GROUP) if kind else TrainableGroup(tmp_path)
    faces = [group.add_person(faces=2) for _ in range(80)]
    group.train()

    with ThreadPoolExecutor(64) as threads:
        list(threads.map(lambda one: group.delete_person(one.person_id), faces[:64]))

    assert len(group.people.page(group.collection, start="", top=100)) == 16
    assert group.found() == group.stored()
    assert len(group.marks.all(group.collection.incarnation)) == 64
    group.erase()
    assert not any(group.holds(face) for face in faces[:64])
    group.store.close()


def test_faces_of_one_person_are_deleted_at_once_without_conflict(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path)
    first = group.add_person()
    faces = [first, *(group.add_face(first.person_id) for _ in range(15))]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(group.delete_face, faces))

    assert group.people.get(group.collection, first.person_id).persisted_face_ids == ()
    assert group.stored() == set()
    group.store.close()


def test_a_search_costs_the_same_however_many_deletions_there_were(group: InterruptedGroup) -> None:
    faces = [group.add_person() for _ in range(120)]
    group.train()
    group.found()
    unchanged = group.calls_of(group.found)
    group.delete_person(faces[0].person_id)
    after_the_first = group.calls_of(group.found)
    for face in faces[1:100]:
        group.delete_person(face.person_id)
    group.found()
    group.delete_person(faces[100].person_id)

    assert group.calls_of(group.found) == after_the_first == unchanged + 1
    assert group.calls_of(group.found) == unchanged == 3
    assert group.found() == group.stored()


def test_faces_of_large_face_lists_are_deleted_alike(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, kind=LARGE_FACE_LIST)
    faces = []
    for _ in range(30):
        made = group.made_up_face(new_id())
        listed = PersistedFace(made.persisted_face_id, made.persisted_face_id, made.embedding)
        group.listed.add(group.collection, listed, maximum=100)
        faces.append(listed)
    group.train()

    with ThreadPoolExecutor(8) as threads:
        delete = group.lifecycle.delete_listed_face
        list(threads.map(lambda one: delete(group.collection, one.persisted_face_id), faces[:20]))

    assert group.found() == group.stored() == {one.persisted_face_id for one in faces[20:]}
    with pytest.raises(PersistedFaceNotFound):
        delete(group.collection, faces[0].persisted_face_id)
    group.erase()
    assert not any(group.holds(one) for one in faces[:20])
    assert group.train().status is TrainingStatus.SUCCEEDED
    assert group.found() == group.stored()
    group.store.close()


def test_a_face_of_a_large_list_whose_deletion_failed_is_found_again(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, kind=LARGE_FACE_LIST)
    made = group.made_up_face(new_id())
    listed = PersistedFace(made.persisted_face_id, made.persisted_face_id, made.embedding)
    group.listed.add(group.collection, listed, maximum=100)
    group.train()
    face_id = listed.persisted_face_id
    group.marks.announce(group.collection.incarnation, face_id, face_id)
    assert group.found() == {face_id}
    (mark,) = group.marks.all(group.collection.incarnation)
    assert group.deletions.withdraw(group.collection, mark)
    assert group.marks.all(group.collection.incarnation) == []
    assert group.found() == {face_id}
    group.store.close()
