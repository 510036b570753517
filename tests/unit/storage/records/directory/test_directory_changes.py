"""Copies of a partition of the directory learn of every change, in order."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryPerson, DynamicGroup
from shared.domain.values import Embedding, PersistedFace
from shared.storage.documents.store import DocumentContainer, DocumentStore
from shared.storage.layout import PEOPLE
from shared.storage.records.directory.changes import (
    Change,
    DirectoryChanges,
    FaceWritten,
    MembershipWritten,
    PersonDeleted,
    PersonWritten,
)
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.documents import PARTITIONS, partition_of
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople
from tests.doubles.identifiers import new_id

MODEL = DIRECTORY_RECOGNITION_MODELS[-1]


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


def person_with_a_face(container: DocumentContainer) -> tuple[str, str]:
    """A new person; answers its id and that of its face."""
    people, person_id = DirectoryPeople(container), new_id()
    people.create(DirectoryPerson(person_id, "Ada", None, {}))
    face = PersistedFace(new_id(), person_id, Embedding(np.array([1, 0], np.float32), "model"))
    people.add_face(MODEL, face, maximum=1)
    return person_id, face.persisted_face_id


def read(changes: DirectoryChanges) -> list[Change]:
    return [change for page in changes.read() for change in page]


def test_every_kind_of_change_is_read_once_as_it_is_now(container: DocumentContainer) -> None:
    person_id, face_id = person_with_a_face(container)
    group, memberships = DynamicGroup("group", new_id()), Memberships(container)
    memberships.add(group, [person_id])
    changes = DirectoryChanges(container, partition_of(person_id))

    first = read(changes)

    # The membership rewrote the person.
    face, written, joined = first
    assert isinstance(face, FaceWritten)
    assert (face.recognition_model, face.face.persisted_face_id) == (MODEL, face_id)
    assert isinstance(written, PersonWritten)
    assert written.person == DirectoryPeople(container).get(person_id)
    assert joined == MembershipWritten(group.incarnation, person_id, member=True)
    assert read(changes) == []

    memberships.remove(group, [person_id])
    assert read(changes)[-1] == MembershipWritten(group.incarnation, person_id, member=False)
    DirectoryDeletions(container).delete(person_id)
    assert read(changes) == [PersonDeleted(person_id)]
    others = [DirectoryChanges(container, one) for one in PARTITIONS]
    assert sum(len(read(one)) for one in others) == 2


def test_changes_of_many_pages_are_read_to_the_end(
    container: DocumentContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person_with_a_face(container)[0] for _ in range(40)]
    of_one = [one for one in people if partition_of(one) == partition_of(people[0])]
    page = partial(container.changes_since, limit=1)
    monkeypatch.setattr(container, "changes_since", page)
    changes = DirectoryChanges(container, partition_of(people[0]))

    found = read(changes)

    written = [change for change in found if isinstance(change, PersonWritten)]
    assert [change.person.person_id for change in written] == of_one
    assert len(found) == 2 * len(of_one)
    assert read(changes) == []
