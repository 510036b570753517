"""Persons of the directory and their faces are written in one step, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryPerson
from shared.domain.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentExists,
    DocumentMissing,
    PersistedFaceNotFound,
    PersonNotFound,
    QuotaExceeded,
)
from shared.domain.identifiers import RequestIds
from shared.domain.values import Embedding, PersistedFace
from shared.storage.documents.store import DocumentContainer, DocumentStore
from shared.storage.layout import PEOPLE
from shared.storage.records.directory import people as module
from shared.storage.records.directory.documents import PARTITIONS, face_key, partition_of
from shared.storage.records.directory.people import DirectoryPeople
from tests.doubles.identifiers import new_id
from tests.doubles.stores import shorten_pages
from tests.unit.storage.records.refused_writes import refuse_writes

ATTEMPTS = 20
MODEL, OTHER = DIRECTORY_RECOGNITION_MODELS[0], DIRECTORY_RECOGNITION_MODELS[-1]


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


@pytest.fixture
def people(container: DocumentContainer) -> DirectoryPeople:
    return DirectoryPeople(container)


def made_up_face(person_id: str) -> PersistedFace:
    return PersistedFace(new_id(), person_id, Embedding(np.array([1, 0], np.float32), "model"))


def ids(faces: list[PersistedFace]) -> list[str]:
    return [face.persisted_face_id for face in faces]


def enrolled(people: DirectoryPeople, *, faces: int = 0, model: str = MODEL) -> DirectoryPerson:
    """A new person with ``faces`` faces."""
    person = DirectoryPerson(new_id(), "Ada", "data", {})
    people.create(person)
    for _ in range(faces):
        people.add_face(model, made_up_face(person.person_id), maximum=faces)
    return people.get(person.person_id)


def faces_of(people: DirectoryPeople, *persons: DirectoryPerson, model: str = MODEL) -> list[str]:
    return [one for page in people.faces(model, persons) for one in ids(list(page))]


def test_a_person_is_read_as_it_was_written(people: DirectoryPeople) -> None:
    person = enrolled(people)
    assert people.get(person.person_id) == person
    with pytest.raises(DocumentExists):
        people.create(person)
    absent = new_id()
    with pytest.raises(PersonNotFound, match=absent):
        people.get(absent)
    assert people.update(person.person_id, lambda one: replace(one, name="Grace")).name == "Grace"
    assert people.get(person.person_id) == replace(person, name="Grace")


@pytest.mark.parametrize("number", [0, 1, 3, 4, 7])
def test_missing_persons_are_created_and_found_whatever_one_call_takes(
    people: DirectoryPeople, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(module, "MAXIMUM_KEYS", 3)
    there = enrolled(people)
    new = [DirectoryPerson(new_id(), "Grace", None, {}) for _ in range(number)]
    both = [*new[:2], replace(there, name="other"), *new[2:]]

    created = people.create_missing(both)

    assert created == [one.person_id != there.person_id for one in both]
    wanted = [new_id(), *(one.person_id for one in both), new_id()]
    found = people.find_many(wanted)
    assert found[0] is None
    assert found[-1] is None
    assert found[1:-1] == [there if one.person_id == there.person_id else one for one in both]
    assert people.count() == number + 1


def test_persons_are_stored_together_with_their_faces(people: DirectoryPeople) -> None:
    made = []
    for number in range(4):
        person_id = new_id()
        faces = [(MODEL, made_up_face(person_id)) for _ in range(number)]
        listed = tuple(face.persisted_face_id for _, face in faces)
        made.append((DirectoryPerson(person_id, "Ada", None, {MODEL: listed}), faces))

    people.create_all(made)

    for person, faces in made:
        assert people.get(person.person_id) == person
        assert faces_of(people, person) == ids([face for _, face in faces])
    with pytest.raises(DocumentExists):
        people.create_all(made[:1])


def test_pages_of_persons_are_in_order_of_id_also_where_the_store_answers_less(
    people: DirectoryPeople, monkeypatch: pytest.MonkeyPatch, container: DocumentContainer
) -> None:
    persons = sorted(enrolled(people).person_id for _ in range(40))
    page = container.page
    short = partial(_shortened, page)
    monkeypatch.setattr(container, "page", short)
    for top in (1, 3, 5, 7):
        read: list[str] = []
        while found := people.page(start=read[-1] if read else "", top=top):
            assert len(found) == min(top, 40 - len(read))
            read += [person.person_id for person in found]
        assert read == persons
    assert len(people.page(start="", top=1_000)) == 40


def _shortened(
    page: Callable[..., object], partition: str, *, limit: int, **more: object
) -> object:
    assert limit > 0, "a page of no person is not worth a read"
    return page(partition, limit=min(limit, 2), **more)


def test_faces_are_stored_and_listed_for_their_model_up_to_the_maximum(
    people: DirectoryPeople,
) -> None:
    person_id = enrolled(people).person_id
    faces = [made_up_face(person_id) for _ in range(3)]
    for face in faces[:2]:
        people.add_face(MODEL, face, maximum=2)
    with pytest.raises(QuotaExceeded):
        people.add_face(MODEL, faces[2], maximum=2)
    people.add_face(MODEL, faces[0], maximum=2)
    people.add_face(OTHER, faces[2], maximum=2)

    person = people.get(person_id)

    assert list(person.faces_for(MODEL)) == faces_of(people, person) == ids(faces[:2])
    assert list(person.faces_for(OTHER)) == faces_of(people, person, model=OTHER) == ids(faces[2:])
    with pytest.raises(PersonNotFound):
        people.add_face(MODEL, made_up_face(new_id()), maximum=2)


def test_a_face_that_a_request_added_before_is_not_added_again(
    people: DirectoryPeople,
) -> None:
    person_id, request_ids = enrolled(people).person_id, RequestIds(new_id)
    with request_ids.derived_from(new_id()):
        face = replace(made_up_face(person_id), persisted_face_id=request_ids())
    people.add_face(MODEL, face, maximum=1)
    assert people.was_created(person_id, face.persisted_face_id)
    with pytest.raises(DocumentExists):
        people.add_face(MODEL, face, maximum=1)
    people.delete_face(MODEL, person_id, face.persisted_face_id)

    for faces in ([face], [made_up_face(person_id), face]):
        with pytest.raises(DocumentExists):
            people.add_faces(MODEL, person_id, faces, maximum=2)

    assert people.get(person_id).faces_for(MODEL) == ()


def test_many_faces_are_added_in_steps_and_those_that_are_there_are_not_counted(
    people: DirectoryPeople,
) -> None:
    person_id = enrolled(people).person_id
    faces = [made_up_face(person_id) for _ in range(185)]
    assert people.add_faces(MODEL, person_id, faces[:2], maximum=2) == 2
    assert people.add_faces(MODEL, person_id, [], maximum=2) == 0

    assert people.add_faces(MODEL, person_id, faces, maximum=185) == 183

    assert list(people.get(person_id).faces_for(MODEL)) == ids(faces)
    assert people.add_faces(MODEL, person_id, faces[:5], maximum=3) == 0


def test_a_face_is_read_changed_and_deleted_for_its_model_only(
    people: DirectoryPeople, container: DocumentContainer
) -> None:
    person = enrolled(people, faces=2)
    first, second = person.faces_for(MODEL)
    for data in ("data", None):
        people.update_face(MODEL, person.person_id, first, data)
        assert people.get_face(MODEL, person.person_id, first).user_data == data
    absent = new_id()
    for model, face in ((OTHER, first), (MODEL, absent)):
        with pytest.raises(PersistedFaceNotFound, match=face):
            people.get_face(model, person.person_id, face)
        with pytest.raises(PersistedFaceNotFound, match=face):
            people.delete_face(model, person.person_id, face)
    with pytest.raises(PersonNotFound, match=absent):
        people.get_face(MODEL, absent, first)

    people.delete_face(MODEL, person.person_id, first)

    left = people.get(person.person_id)
    assert left.faces_for(MODEL) == (second,)
    assert faces_of(people, left) == [second]
    place = face_key(MODEL, person.person_id, first)
    assert container.get(place) is None


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_faces_of_several_persons_come_in_their_order_whatever_one_call_takes(
    people: DirectoryPeople,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    container: DocumentContainer,
) -> None:
    monkeypatch.setattr(module, "MAXIMUM_KEYS", 3)
    persons = [enrolled(people, faces=2) for _ in range(number)]
    expected = [face for person in persons for face in person.faces_for(MODEL)]
    container.delete(face_key(MODEL, persons[0].person_id, expected[1]))
    del expected[1]

    assert faces_of(people, *persons) == expected


def test_faces_of_a_model_are_walked_once_in_order_of_person(
    people: DirectoryPeople, monkeypatch: pytest.MonkeyPatch, container: DocumentContainer
) -> None:
    persons = sorted((enrolled(people, faces=2) for _ in range(30)), key=lambda one: one.person_id)
    enrolled(people, faces=1, model=OTHER)
    shorten_pages(monkeypatch, container, 3)
    walked = [
        (face.person_id, face.persisted_face_id)
        for partition in PARTITIONS
        for faces in people.walk_faces(MODEL, partition)
        for face in faces
    ]
    assert walked == [
        (one.person_id, face) for one in persons for face in sorted(one.faces_for(MODEL))
    ]


WRITES: dict[str, Callable[[DirectoryPeople, DirectoryPerson], object]] = {
    "update": lambda people, person: people.update(
        person.person_id, lambda one: replace(one, name="Grace")
    ),
    "add_face": lambda people, person: people.add_face(
        MODEL, made_up_face(person.person_id), maximum=9
    ),
    "update_face": lambda people, person: people.update_face(
        MODEL, person.person_id, person.faces_for(MODEL)[0], "data"
    ),
    "delete_face": lambda people, person: people.delete_face(
        MODEL, person.person_id, person.faces_for(MODEL)[0]
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("error", [DocumentChanged, DocumentMissing])
def test_twenty_attempts_are_made_and_the_last_one_counts(
    people: DirectoryPeople,
    write: Callable[[DirectoryPeople, DirectoryPerson], object],
    error: type[DocumentChanged] | type[DocumentMissing],
    container: DocumentContainer,
) -> None:
    person = enrolled(people, faces=1)
    with pytest.MonkeyPatch.context() as patch:
        tried = refuse_writes(patch, container, ATTEMPTS, error)
        with pytest.raises(ConcurrentOperation):
            write(people, person)
        assert len(tried) == ATTEMPTS
    assert people.get(person.person_id) == person
    with pytest.MonkeyPatch.context() as patch:
        tried = refuse_writes(patch, container, ATTEMPTS - 1, error)
        write(people, person)
        assert len(tried) == ATTEMPTS


def test_everything_about_a_person_lies_in_the_partition_of_its_first_digit() -> None:
    person = "7123abcd-0000-4000-8000-000000000005"
    assert partition_of(person) == "directory:7"
    assert face_key(MODEL, person, "face").partition == "directory:7"
