"""A cohort of enrolled faces: what is deleted has left it when the call returns."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest

from shared.domain.collections import LARGE_PERSON_GROUP
from shared.domain.errors import Unavailable
from shared.domain.values import Collection, Embedding, PersistedFace, Person
from shared.services.cohorts.cohort_file import EnrolledFace
from shared.services.cohorts.enrolled_faces import EnrolledCohortFaces
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import COLLECTIONS, PEOPLE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.deletions import CollectionDeletions
from shared.storage.records.collections.marks import Marks, NewMarks
from shared.storage.records.collections.people import People
from shared.storage.records.pending_tasks import PendingTasks
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id

MODEL = "sface"
THREADS = 16


class MeetingMarks(Marks):
    """Marks that are read once all threads are about to read them."""

    meeting: threading.Barrier | None = None

    def since(self, incarnation: str, position: str | None) -> NewMarks:
        """As Marks; fails after a minute if the others do not come."""
        if self.meeting is not None:
            self.meeting.wait(timeout=60)
        return super().since(incarnation, position)


class SlowMarks(Marks):
    """Marks that take longer to read than they are kept."""

    clock: ManualClock

    def since(self, incarnation: str, position: str | None) -> NewMarks:
        """As Marks."""
        self.clock.advance(timedelta(minutes=3))
        return super().since(incarnation, position)


class EnrolledGroup:
    """A group of four persons with one face each, all of them in a cohort."""

    def __init__(self, store: SqliteDocumentStore, clock: ManualClock) -> None:
        self.container = container = store.container(PEOPLE)
        self.clock = clock
        self.collections = CollectionRecords(store.container(COLLECTIONS))
        self.people = People(container)
        self.marks = Marks(container, new_id, clock)
        tasks = PendingTasks(store.container(COLLECTIONS))
        self.deletions = CollectionDeletions(container, self.marks, tasks, clock)
        self.group = Collection(LARGE_PERSON_GROUP, "staff", "staff", "recognition_04", new_id())
        self.collections.create(self.group)
        self.faces = [self._enrol(row) for row in range(4)]

    def _enrol(self, row: int, model: str = MODEL) -> EnrolledFace:
        face = PersistedFace(new_id(), new_id(), Embedding(np.eye(4, dtype="<f4")[row], model))
        self.people.create(self.group, Person(face.person_id, "a person"))
        self.people.add_face(self.group, face)
        return EnrolledFace(
            self.group.key, self.group.incarnation, face.person_id, face.persisted_face_id
        )

    def cohort(self, marks: Marks | None = None) -> EnrolledCohortFaces:
        return EnrolledCohortFaces(
            self.faces,
            self.collections,
            self.people,
            marks or self.marks,
            self.clock,
            model=MODEL,
            dimension=4,
        )


@pytest.fixture
def enrolled(store: SqliteDocumentStore, clock: ManualClock) -> EnrolledGroup:
    return EnrolledGroup(store, clock)


def rows(cohort: EnrolledCohortFaces) -> list[int]:
    """Which of the four faces are in the cohort."""
    return sorted(int(vector.argmax()) for vector in cohort.vectors())


def test_embeddings_are_read_where_they_are_stored(enrolled: EnrolledGroup) -> None:
    assert rows(enrolled.cohort()) == [0, 1, 2, 3]


def test_a_deleted_person_has_left_it_at_once(enrolled: EnrolledGroup) -> None:
    cohort = enrolled.cohort()
    cohort.vectors()
    enrolled.deletions.delete_person(enrolled.group, enrolled.faces[1].person_id)
    assert rows(cohort) == [0, 2, 3]
    assert rows(enrolled.cohort()) == [0, 2, 3]


def test_a_deleted_face_has_left_it_at_once(enrolled: EnrolledGroup) -> None:
    cohort = enrolled.cohort()
    cohort.vectors()
    one = enrolled.faces[2]
    enrolled.deletions.delete_face(enrolled.group, one.person_id, one.persisted_face_id)
    assert rows(cohort) == [0, 1, 3]
    assert rows(enrolled.cohort()) == [0, 1, 3]


def test_a_deletion_whose_mark_went_while_the_process_was_idle_is_not_missed(
    enrolled: EnrolledGroup,
) -> None:
    cohort = enrolled.cohort()
    cohort.vectors()
    enrolled.deletions.delete_person(enrolled.group, enrolled.faces[0].person_id)
    marks = enrolled.marks.all(enrolled.group.incarnation)
    enrolled.clock.advance(timedelta(minutes=3))
    enrolled.marks.remove(enrolled.group.incarnation, marks)
    assert rows(cohort) == [1, 2, 3]


def test_what_left_does_not_come_back_when_its_mark_goes(enrolled: EnrolledGroup) -> None:
    cohort = enrolled.cohort()
    enrolled.deletions.delete_person(enrolled.group, enrolled.faces[0].person_id)
    assert rows(cohort) == [1, 2, 3]
    incarnation = enrolled.group.incarnation
    enrolled.marks.remove(incarnation, enrolled.marks.all(incarnation))
    assert rows(cohort) == [1, 2, 3]


def test_a_deleted_group_has_left_it_at_once(enrolled: EnrolledGroup) -> None:
    cohort = enrolled.cohort()
    cohort.vectors()
    enrolled.collections.delete(enrolled.group.key, enrolled.group.incarnation)
    assert rows(cohort) == []
    again = Collection(LARGE_PERSON_GROUP, "staff", "staff", "recognition_04", new_id())
    enrolled.collections.create(again)
    assert rows(cohort) == []


def test_faces_of_another_model_are_left_out(enrolled: EnrolledGroup) -> None:
    enrolled.faces.append(enrolled._enrol(0, "another"))
    assert rows(enrolled.cohort()) == [0, 1, 2, 3]


def test_threads_read_marks_side_by_side_and_all_of_them_heed_a_deletion(
    enrolled: EnrolledGroup,
) -> None:
    marks = MeetingMarks(enrolled.container, new_id, enrolled.clock)
    cohort = enrolled.cohort(marks)
    with ThreadPoolExecutor(THREADS) as pool:
        for left in ([0, 1, 2, 3], [1, 2, 3], [2, 3]):
            marks.meeting = threading.Barrier(THREADS)
            found = list(pool.map(lambda _: rows(cohort), range(THREADS)))
            assert found == [left] * THREADS
            enrolled.deletions.delete_person(enrolled.group, enrolled.faces[left[0]].person_id)


def test_marks_that_are_read_too_late_to_be_complete_are_not_relied_on(
    enrolled: EnrolledGroup,
) -> None:
    marks = SlowMarks(enrolled.container, new_id, enrolled.clock)
    marks.clock = enrolled.clock
    with pytest.raises(Unavailable):
        enrolled.cohort(marks).vectors()
    assert rows(enrolled.cohort()) == [0, 1, 2, 3]
