"""How often a deletion is attempted, what overtakes it, and what one write holds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from shared.domain.collections import (
    LARGE_FACE_LIST,
)
from shared.domain.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentConflict,
    DocumentMissing,
)
from shared.domain.values import PersistedFace
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.contention import pause
from shared.storage.records.collections.people import person_key
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.interrupted_group import COMMIT, InterruptedGroup


@pytest.fixture
def group(tmp_path: Path) -> InterruptedGroup:
    return InterruptedGroup(tmp_path)


@contextmanager
def overtaken(
    group: InterruptedGroup, number: int, error: type[DocumentConflict]
) -> Iterator[list[float]]:
    """So many commits fail because of another request; yields the pauses between them."""
    container = group.store.container(PEOPLE)
    left = iter(range(number))

    def commit(write: Callable[..., object], *arguments: object, **named: object) -> object:
        if next(left, None) is not None:
            raise error
        return write(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        pauses: list[float] = []
        patch.setattr(time, "sleep", pauses.append)
        for name in ("batch", "delete"):
            write = partial(commit, getattr(container, name))
            patch.setattr(group.deletions._container, name, write)
        yield pauses


@pytest.mark.parametrize("error", [DocumentChanged, DocumentMissing])
def test_twenty_attempts_are_made_and_the_last_one_counts(
    group: InterruptedGroup, error: type[DocumentConflict]
) -> None:
    face, other = group.add_person(faces=2), group.add_person()
    for delete in (
        partial(group.delete_face, face),
        partial(group.delete_person, face.person_id),
    ):
        before = group.stored()
        with overtaken(group, 20, error) as pauses, pytest.raises(ConcurrentOperation):
            delete()
        assert len(pauses) == 19
        assert group.stored() == before
        with overtaken(group, 19, DocumentChanged) as pauses:
            delete()
        assert len(pauses) == 19
        assert group.stored() < before
    assert group.stored() == {other.persisted_face_id}


@pytest.mark.parametrize("error", [DocumentChanged, DocumentMissing])
def test_a_listed_face_is_deleted_in_twenty_attempts(
    tmp_path: Path, error: type[DocumentConflict]
) -> None:
    group = InterruptedGroup(tmp_path, kind=LARGE_FACE_LIST)
    made = group.made_up_face(new_id())
    listed = PersistedFace(made.persisted_face_id, made.persisted_face_id, made.embedding)
    group.listed.add(group.collection, listed, maximum=100)
    delete = partial(group.lifecycle.delete_listed_face, group.collection, listed.persisted_face_id)
    with overtaken(group, 20, error) as pauses, pytest.raises(ConcurrentOperation):
        delete()
    assert len(pauses) == 19
    with overtaken(group, 19, error) as pauses:
        delete()
    assert len(pauses) == 19
    assert group.stored() == set()
    group.store.close()


def test_no_attempt_but_the_first_waits_and_none_longer_than_a_twentieth_of_a_second(
    group: InterruptedGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(random, "uniform", lambda shortest, longest: longest - shortest)
    monkeypatch.setattr(time, "sleep", pauses.append)
    for attempt in range(8):
        pause(attempt)
    assert pauses == [0.002, 0.004, 0.008, 0.016, 0.032, 0.05, 0.05]


def test_a_mark_is_not_withdrawn_whose_document_another_request_changed_or_deleted(
    group: InterruptedGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = group.add_person()
    group.marks.announce(group.collection.incarnation, face.person_id)
    (mark,) = group.marks.all(group.collection.incarnation)
    for error in (DocumentChanged, DocumentMissing):

        def refuse(*_: object, error: type[Exception] = error, **__: object) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(group.deletions._container, "replace", refuse)
            assert not group.deletions.withdraw(group.collection, mark)
        assert group.marks.all(group.collection.incarnation) == [mark]
    assert group.deletions.withdraw(group.collection, mark)


def test_a_mark_is_not_withdrawn_whose_deletion_has_committed(group: InterruptedGroup) -> None:
    face, other = group.add_person(faces=2), group.add_person()
    group.delete_face(face)
    group.delete_person(other.person_id)
    marks = group.marks.all(group.collection.incarnation)
    assert {mark.deleted_id for mark in marks} == {face.persisted_face_id, other.person_id}
    for mark in marks:
        assert not group.deletions.withdraw(group.collection, mark)
    assert group.marks.all(group.collection.incarnation) == marks


def test_a_sweep_that_another_worker_overtakes_begins_again(group: InterruptedGroup) -> None:
    face = group.add_person(faces=120)
    gone = group.collection
    group.store.container(PEOPLE).delete(person_key(gone, face.person_id))
    with overtaken(group, 2, DocumentMissing):
        group.deletions.sweep(gone, face.person_id)
    assert group.stored() == set()


@pytest.mark.parametrize(("faces", "calls"), [(2, 1 + COMMIT), (99, 1 + COMMIT), (100, 4 + COMMIT)])
def test_ninety_nine_faces_go_with_their_person_and_only_more_are_swept(
    group: InterruptedGroup, faces: int, calls: int
) -> None:
    face = group.add_person(faces=faces)
    assert group.calls_of(lambda: group.delete_person(face.person_id)) == calls
    assert group.stored() == set()
