"""Persons stored many at a time are as those stored one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.errors import DocumentExists
from shared.domain.values import PersistedFace, Person
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


def made_up_people(group: TrainableGroup, persons: int) -> list[tuple[Person, list[PersistedFace]]]:
    people = []
    for number in range(persons):
        person = Person(new_id(), f"person {number}", "data")
        faces = [group.made_up_face(person.person_id) for _ in range(number % 7)]
        listed = tuple(face.persisted_face_id for face in faces)
        people.append((replace(person, persisted_face_ids=listed), faces))
    return people


def test_every_person_comes_with_its_faces(group: TrainableGroup) -> None:
    people = made_up_people(group, 300)
    group.people.create_all(group.collection, people)
    for person, faces in people:
        assert group.people.get(group.collection, person.person_id) == person
        stored = group.people.faces(group.collection, person)
        assert [face.persisted_face_id for face in stored] == list(person.persisted_face_ids)
        for one, other in zip(stored, faces, strict=True):
            assert one.embedding.vector.tobytes() == other.embedding.vector.tobytes()
    assert len(group.stored()) == sum(len(faces) for _, faces in people)


def test_they_can_be_trained_and_found(group: TrainableGroup) -> None:
    people = made_up_people(group, 40)
    group.people.create_all(group.collection, people)
    group.train()
    person, faces = people[6]
    assert group.nearest(faces[0].embedding.vector) == person.person_id


def test_an_id_that_is_taken_is_refused(group: TrainableGroup) -> None:
    people = made_up_people(group, 2)
    group.people.create_all(group.collection, people)
    with pytest.raises(DocumentExists):
        group.people.create_all(group.collection, people)
