"""Persons of groups and their faces are written in one step, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP
from shared.domain.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentExists,
    DocumentMissing,
    PersistedFaceNotFound,
    PersonNotFound,
    QuotaExceeded,
)
from shared.domain.values import Collection, Embedding, NameIndex, PersistedFace, Person
from shared.storage.documents.store import Document, DocumentContainer, DocumentStore, Key
from shared.storage.layout import PEOPLE
from shared.storage.records.collections import people as module
from shared.storage.records.collections.name_claims import NameClaims
from shared.storage.records.collections.people import People, person_key
from shared.storage.records.face_documents import face_document_id, partition_of
from tests.doubles.identifiers import new_id
from tests.unit.storage.records.refused_writes import refuse_writes

ATTEMPTS = 20


@pytest.fixture(params=[PERSON_GROUP, LARGE_PERSON_GROUP], ids=["group", "large group"])
def collection(request: pytest.FixtureRequest) -> Collection:
    return Collection(
        request.param, "people", "", "recognition_04", new_id(), names=NameIndex.READY
    )


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


@pytest.fixture
def people(container: DocumentContainer) -> People:
    return People(container)


def made_up_face(person_id: str) -> PersistedFace:
    return PersistedFace(new_id(), person_id, Embedding(np.array([1, 0], np.float32), "model"))


def enrolled(people: People, collection: Collection, *, faces: int = 0) -> Person:
    """A new person with ``faces`` faces."""
    person = Person(new_id(), "Ada")
    people.create(collection, person)
    for _ in range(faces):
        people.add_face(collection, made_up_face(person.person_id))
    return people.get(collection, person.person_id)


def repeatable(identifier: str) -> str:
    """An id as requests have that may be carried out again: a UUID of version 8."""
    return f"{identifier[:14]}8{identifier[15:]}"


def ids(faces: list[PersistedFace]) -> list[str]:
    return [face.persisted_face_id for face in faces]


def listed(container: DocumentContainer, collection: Collection, name: str) -> set[str]:
    return set(NameClaims(container).listed(collection, name))


def test_a_person_is_read_as_it_was_written_and_listed_by_its_name(
    people: People, collection: Collection, container: DocumentContainer
) -> None:
    person = Person(new_id(), "Ada", user_data="data")
    people.create(collection, person)
    assert people.get(collection, person.person_id) == person
    assert listed(container, collection, "Ada") == {person.person_id}
    with pytest.raises(DocumentExists):
        people.create(collection, person)
    absent = new_id()
    with pytest.raises(PersonNotFound, match=absent):
        people.get(collection, absent)


@pytest.mark.parametrize("number", [0, 1, 3, 4, 7])
def test_missing_persons_are_created_and_found_whatever_one_call_takes(
    people: People,
    collection: Collection,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    container: DocumentContainer,
) -> None:
    monkeypatch.setattr(module, "MAXIMUM_KEYS", 3)
    there = enrolled(people, collection, faces=1)
    new = [Person(new_id(), "Grace") for _ in range(number)]
    both = [*new[:2], replace(there, name="other"), *new[2:]]

    created = people.create_missing(collection, both)

    assert created == [one.person_id != there.person_id for one in both]
    names = {person.person_id for person in new}
    assert listed(container, collection, "Grace") == names
    wanted = [new_id(), *(one.person_id for one in both), new_id()]
    found = people.find_many(collection, wanted)
    assert found[0] is None
    assert found[-1] is None
    assert found[1:-1] == [there if one.person_id == there.person_id else one for one in both]


def test_persons_are_stored_together_with_their_faces(
    people: People, collection: Collection, container: DocumentContainer
) -> None:
    made = []
    for number in range(5):
        person_id = new_id()
        faces = [made_up_face(person_id) for _ in range(number)]
        made.append((Person(person_id, "Ada", persisted_face_ids=tuple(ids(faces))), faces))

    people.create_all(collection, made)

    for person, faces in made:
        assert people.get(collection, person.person_id) == person
        assert ids(people.faces(collection, person)) == ids(faces)
    assert listed(container, collection, "Ada") == {person.person_id for person, _ in made}
    assert people.count_persons(collection) == 5
    assert people.count_faces(collection) == 10
    walked = [face for page in people.walk_faces(collection) for face in page]
    assert sorted(ids(walked)) == sorted(one for _, faces in made for one in ids(faces))
    with pytest.raises(DocumentExists):
        people.create_all(collection, made[:1])


def test_pages_of_persons_are_in_order_of_id(people: People, collection: Collection) -> None:
    persons = sorted(enrolled(people, collection).person_id for _ in range(30))
    read: list[str] = []
    while found := people.page(collection, start=read[-1] if read else "", top=7):
        assert len(found) == min(7, 30 - len(read))
        read += [person.person_id for person in found]
    assert read == persons
    everyone = people.page(collection, start="", top=1_000)
    assert [person.person_id for person in everyone] == persons


def test_a_page_that_is_full_reads_no_further(
    people: People, collection: Collection, container: DocumentContainer
) -> None:
    for _ in range(30):
        enrolled(people, collection)
    page, limits = container.page, list[int]()

    def record(partition: str, *, prefix: str, after: str, limit: int) -> list[Document]:
        limits.append(limit)
        return page(partition, prefix=prefix, after=after, limit=limit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container, "page", record)
        assert len(people.page(collection, start="", top=5)) == 5
    assert limits[0] == 5
    assert min(limits) >= 1


def test_what_a_repeated_request_made_and_another_deleted_is_not_made_again(
    people: People, collection: Collection, container: DocumentContainer
) -> None:
    person = Person(repeatable(new_id()), "Ada")
    people.create(collection, person)
    other = enrolled(people, collection)
    face = replace(made_up_face(other.person_id), persisted_face_id=repeatable(new_id()))
    people.add_face(collection, face, maximum=1)
    container.delete(person_key(collection, person.person_id))
    NameClaims(container).withdraw(collection, "Ada", person.person_id)
    people.update(
        collection, other.person_id, lambda one: replace(one, persisted_face_ids=("another",))
    )
    place = partition_of(collection, other.person_id)
    name = face_document_id(other.person_id, face.persisted_face_id)
    container.delete(Key(place, name))

    with pytest.raises(DocumentExists):
        people.create(collection, person)
    with pytest.raises(DocumentExists):
        people.add_face(collection, face, maximum=1)

    assert listed(container, collection, "Ada") == {other.person_id}
    assert people.get(collection, other.person_id).persisted_face_ids == ("another",)


def test_faces_are_stored_and_listed_up_to_the_maximum(
    people: People, collection: Collection
) -> None:
    person = enrolled(people, collection)
    faces = [made_up_face(person.person_id) for _ in range(3)]
    for face in faces[:2]:
        people.add_face(collection, face, maximum=2)
    with pytest.raises(QuotaExceeded):
        people.add_face(collection, faces[2], maximum=2)
    people.add_face(collection, faces[0], maximum=2)

    stored = people.get(collection, person.person_id)

    assert list(stored.persisted_face_ids) == ids(faces[:2])
    assert ids(people.faces(collection, stored)) == ids(faces[:2])
    assert people.count_faces(collection) == 2
    with pytest.raises(PersonNotFound):
        people.add_face(collection, made_up_face(new_id()))


def test_what_verifies_an_addition_prevents_it_and_does_not_see_a_face_that_is_there(
    people: People, collection: Collection
) -> None:
    person = enrolled(people, collection)
    face = made_up_face(person.person_id)
    asked: list[int] = []

    def refuse() -> None:
        raise ConcurrentOperation("refused")

    with pytest.raises(ConcurrentOperation, match="refused"):
        people.add_face(collection, face, verify=refuse)
    assert people.count_faces(collection) == 0
    people.add_face(collection, face, verify=lambda: asked.append(1))
    assert asked == [1]
    with pytest.raises(DocumentExists):
        people.add_face(collection, face, verify=lambda: asked.append(2))
    assert asked == [1]
    assert people.count_faces(collection) == 1


def test_many_faces_are_added_in_steps_and_those_that_are_there_are_not_counted(
    people: People, collection: Collection
) -> None:
    person = enrolled(people, collection)
    faces = [made_up_face(person.person_id) for _ in range(185)]
    assert people.add_faces(collection, person.person_id, faces[:2]) == 2
    assert people.add_faces(collection, person.person_id, []) == 0

    assert people.add_faces(collection, person.person_id, faces) == 183

    assert list(people.get(collection, person.person_id).persisted_face_ids) == ids(faces)
    more = [made_up_face(person.person_id) for _ in range(2)]
    with pytest.raises(QuotaExceeded):
        people.add_faces(collection, person.person_id, more, maximum=186)
    assert people.add_faces(collection, person.person_id, more, maximum=187) == 2
    assert people.add_faces(collection, person.person_id, more, maximum=5) == 0


def test_a_face_is_read_only_where_its_person_exists_and_lists_it(
    people: People, collection: Collection, container: DocumentContainer
) -> None:
    person = enrolled(people, collection, faces=2)
    first, second = person.persisted_face_ids
    assert people.get_face(collection, person.person_id, first).persisted_face_id == first
    absent = new_id()
    with pytest.raises(PersistedFaceNotFound, match=absent):
        people.get_face(collection, person.person_id, absent)
    with pytest.raises(PersonNotFound, match=absent):
        people.get_face(collection, absent, first)
    stray = made_up_face(person.person_id)
    people.add_face(collection, stray)
    people.update(
        collection,
        person.person_id,
        lambda one: replace(one, persisted_face_ids=(first, second)),
    )
    with pytest.raises(PersistedFaceNotFound):
        people.get_face(collection, person.person_id, stray.persisted_face_id)
    place = partition_of(collection, person.person_id)
    container.delete(Key(place, face_document_id(person.person_id, second)))
    with pytest.raises(PersistedFaceNotFound):
        people.get_face(collection, person.person_id, second)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_faces_of_several_persons_come_in_their_order_whatever_one_call_takes(
    people: People,
    collection: Collection,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    container: DocumentContainer,
) -> None:
    monkeypatch.setattr(module, "MAXIMUM_KEYS", 3)
    persons = [enrolled(people, collection, faces=2) for _ in range(number)]
    lost = Key(
        partition_of(collection, persons[0].person_id),
        face_document_id(persons[0].person_id, persons[0].persisted_face_ids[1]),
    )
    container.delete(lost)

    found = people.faces(collection, *persons)

    expected = [face for person in persons for face in person.persisted_face_ids]
    del expected[1]
    assert ids(found) == expected


def test_userdata_of_a_face_is_set_and_cleared(people: People, collection: Collection) -> None:
    person = enrolled(people, collection, faces=1)
    (face,) = person.persisted_face_ids
    for data in ("data", None):
        people.update_face(collection, person.person_id, face, data)
        stored = people.get_face(collection, person.person_id, face)
        assert stored.user_data == data
    assert stored.embedding.model == "model"


WRITES: dict[str, Callable[[People, Collection, Person], object]] = {
    "update": lambda people, collection, person: people.update(
        collection, person.person_id, lambda one: replace(one, name="Grace")
    ),
    "add_face": lambda people, collection, person: people.add_face(
        collection, made_up_face(person.person_id)
    ),
    "update_face": lambda people, collection, person: people.update_face(
        collection, person.person_id, person.persisted_face_ids[0], "data"
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("error", [DocumentChanged, DocumentMissing])
def test_twenty_attempts_are_made_and_the_last_one_counts(
    people: People,
    collection: Collection,
    write: Callable[[People, Collection, Person], object],
    error: type[DocumentChanged] | type[DocumentMissing],
    container: DocumentContainer,
) -> None:
    person = enrolled(people, collection, faces=1)
    with pytest.MonkeyPatch.context() as patch:
        tried = refuse_writes(patch, container, ATTEMPTS, error)
        with pytest.raises(ConcurrentOperation):
            write(people, collection, person)
        assert len(tried) == ATTEMPTS
    assert people.get(collection, person.person_id) == person
    with pytest.MonkeyPatch.context() as patch:
        tried = refuse_writes(patch, container, ATTEMPTS - 1, error)
        write(people, collection, person)
        assert len(tried) == ATTEMPTS


def test_the_document_of_a_person_has_its_id(people: People, collection: Collection) -> None:
    person = enrolled(people, collection)
    assert person_key(collection, person.person_id).id == f"p.{person.person_id}"
