"""A person of the directory goes at once for every reader, and then completely."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryPerson, DynamicGroup
from shared.domain.errors import ConcurrentOperation, DocumentChanged, PersonNotFound
from shared.domain.values import Embedding, PersistedFace
from shared.storage.documents.store import DocumentContainer, DocumentStore, Operation
from shared.storage.layout import PEOPLE
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.documents import PARTITIONS
from shared.storage.records.directory.memberships import MARK_LIFE, Memberships
from shared.storage.records.directory.people import DirectoryPeople
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id

ATTEMPTS = 1_000
GROUPS_PER_BATCH = 49


class Directory:
    """The records of a directory in SQLite; batches may be refused or counted."""

    def __init__(self, container: DocumentContainer) -> None:
        self.container = container
        self.people = DirectoryPeople(container)
        self.memberships = Memberships(container)
        self.deletions = DirectoryDeletions(container)

    def person(self, *, faces: int = 1, groups: int = 0) -> str:
        """A new person with ``faces`` faces for each model, in ``groups`` groups."""
        person_id = new_id()
        self.people.create(DirectoryPerson(person_id, "Ada", None, {}))
        for model in DIRECTORY_RECOGNITION_MODELS:
            for _ in range(faces):
                embedding = Embedding(np.array([1, 0], np.float32), "model")
                face = PersistedFace(new_id(), person_id, embedding)
                self.people.add_face(model, face, maximum=1_000)
        for number in range(groups):
            self.memberships.add(DynamicGroup(f"g{number:03}", new_id()), [person_id])
        return person_id

    def stored(self, prefix: str = "") -> list[str]:
        """The ids of all documents that begin so."""
        return [
            document.key.id
            for partition in PARTITIONS
            for document in self.container.page(partition, prefix=prefix)
        ]

    def batches(
        self, patch: pytest.MonkeyPatch, refused: Callable[[int], bool] = lambda number: False
    ) -> list[int]:
        """The sizes of the batches that are written from now on; some are refused, by number."""
        sizes: list[int] = []
        batch = self.container.batch

        def record(partition: str, operations: Sequence[Operation]) -> None:
            sizes.append(len(operations))
            if refused(len(sizes)):
                raise DocumentChanged("The document has been written since it was read.")
            batch(partition, operations)

        patch.setattr(self.container, "batch", record)
        return sizes


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


@pytest.fixture
def directory(container: DocumentContainer) -> Directory:
    return Directory(container)


def test_a_person_goes_with_its_faces_and_memberships_and_leaves_a_mark_for_a_day(
    directory: Directory, clock: ManualClock
) -> None:
    other = directory.person(groups=2)
    kept = directory.stored()
    gone = directory.person(faces=2, groups=2)

    directory.deletions.delete(gone)

    assert sorted(directory.stored()) == sorted([*kept, f"x.{gone}"])
    clock.advance(MARK_LIFE - 1)
    assert directory.stored("x.") == [f"x.{gone}"]
    clock.advance(1)
    assert directory.stored("x.") == []
    assert directory.people.get(other).person_id == other
    with pytest.raises(PersonNotFound):
        directory.deletions.delete(gone)


@pytest.mark.parametrize(
    ("groups", "sizes"),
    [
        (0, [2]),
        (1, [4]),
        (GROUPS_PER_BATCH, [100]),
        (GROUPS_PER_BATCH + 1, [99, 4]),
        (2 * GROUPS_PER_BATCH, [99, 100]),
    ],
)
def test_as_many_memberships_as_fit_go_with_each_write(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, groups: int, sizes: list[int]
) -> None:
    person = directory.person(faces=0, groups=groups)
    written = directory.batches(monkeypatch)

    directory.deletions.delete(person)

    assert written == sizes
    assert directory.stored() == [f"x.{person}"]


def test_a_thousand_attempts_are_made_and_the_last_one_counts(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = directory.person(faces=0)
    with monkeypatch.context() as patch:
        sizes = directory.batches(patch, lambda number: True)
        with pytest.raises(ConcurrentOperation):
            directory.deletions.delete(person)
        assert len(sizes) == ATTEMPTS
    assert directory.people.get(person).person_id == person
    with monkeypatch.context() as patch:
        directory.batches(patch, lambda number: number < ATTEMPTS)
        directory.deletions.delete(person)
    assert directory.stored() == [f"x.{person}"]


def test_a_person_that_others_change_meanwhile_is_not_deleted_with_an_older_list_of_groups(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, late = directory.person(groups=1), DynamicGroup("late", new_id())
    batch = directory.container.batch
    joined: list[DynamicGroup] = []

    def join(partition: str, operations: Sequence[Operation]) -> None:
        if not joined:
            joined.append(late)
            directory.memberships.add(late, [person])
        batch(partition, operations)

    monkeypatch.setattr(directory.container, "batch", join)

    directory.deletions.delete(person)

    assert joined
    assert directory.stored() == [f"x.{person}"]


def test_a_sweep_that_another_worker_overtakes_begins_again(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = directory.person(faces=3)
    directory.batches(monkeypatch, lambda number: number in (2, 4))

    directory.deletions.delete(person)

    assert directory.stored() == [f"x.{person}"]


def test_more_faces_than_one_write_deletes_go(directory: Directory) -> None:
    person = directory.person(faces=101)
    directory.deletions.delete(person)
    assert directory.stored() == [f"x.{person}"]


def test_interrupted_deletions_are_finished_once_and_counted(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted = [directory.person(faces=2) for _ in range(3)]
    swept, other = directory.person(), directory.person()
    directory.deletions.delete(swept)
    with monkeypatch.context() as patch:
        patch.setattr(directory.deletions, "_sweep", lambda person_id: None)
        for person in interrupted:
            directory.deletions.delete(person)
    faces = len(DIRECTORY_RECOGNITION_MODELS)
    assert len(directory.stored("f.")) == (3 * 2 + 1) * faces
    deletions = directory.deletions
    assert not any(deletions.is_complete(one) for one in interrupted)
    assert all(deletions.is_complete(one) for one in (swept, other))

    assert deletions.finish() == 3

    assert {name.split(".")[2] for name in directory.stored("f.")} == {other}
    assert all(deletions.is_complete(one) for one in interrupted)
    assert deletions.finish() == 0


def test_deleted_persons_are_listed_by_their_marks(directory: Directory) -> None:
    gone = [directory.person(faces=0) for _ in range(40)]
    kept = directory.person(faces=0)
    assert directory.deletions.marked([*gone, kept]) == frozenset()
    for person in gone:
        directory.deletions.delete(person)

    assert directory.deletions.marked([kept, *gone, new_id()]) == frozenset(gone)
    listed = [directory.deletions.deleted(partition) for partition in PARTITIONS]
    assert frozenset().union(*listed) == frozenset(gone)
    for partition, persons in zip(PARTITIONS, listed, strict=True):
        assert {person[0] for person in persons} <= {partition[-1]}
