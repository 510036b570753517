"""The persons of a group, for export and import."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from shared.domain.values import Collection, PersistedFace, Person
from shared.services.archive.entries import FaceEntry, PersonEntry
from shared.services.archive.persons import HeldPerson, NewPerson, Owner
from shared.services.collections.quotas import QuotaChecks
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.people import People

_ONE_MODEL = ""


class GroupPersons:
    """One person group or large person group."""

    def __init__(
        self, collection: Collection, people: People, marks: Marks, quotas: QuotaChecks
    ) -> None:
        self._collection = collection
        self._people = people
        self._marks = marks
        self._quotas = quotas

    @property
    def faces_per_person(self) -> int:
        """Maximum number of faces of a person."""
        return self._quotas.faces_per_person

    def page(self, *, start: str, top: int) -> Sequence[HeldPerson]:
        """Up to ``top`` persons with ids greater than ``start``, in order of id."""
        return [_held(one) for one in self._people.page(self._collection, start=start, top=top)]

    def faces(self, persons: Sequence[HeldPerson]) -> Sequence[FaceEntry]:
        """All faces of some persons, in their order."""
        wanted = [Person(one.entry.person_id, "", None, one.faces[_ONE_MODEL]) for one in persons]
        return [
            FaceEntry(
                face.person_id, face.persisted_face_id, face.user_data, embedding=face.embedding
            )
            for face in self._people.faces(self._collection, *wanted)
        ]

    def find_many(self, person_ids: Sequence[str]) -> Sequence[HeldPerson | None]:
        """Persons in the order of the ids; None for those that do not exist."""
        found = self._people.find_many(self._collection, person_ids)
        return [None if one is None else _held(one) for one in found]

    def being_deleted(self, person_ids: Sequence[str]) -> frozenset[str]:
        """Ids of persons and faces that have a mark.

        A person that is created again under the same id would be hidden by its mark, and then be
        found by its old embeddings in a snapshot that still contains them.
        """
        return self._marks.deleted_ids(self._collection.incarnation)

    def room(self, places: int) -> AbstractContextManager[None]:
        """A context in which a number of persons may be created; raises QuotaExceeded."""
        return self._quotas.room_for_person(self._collection, places)

    def create(self, persons: Sequence[PersonEntry]) -> Sequence[bool]:
        """Create persons without faces; for each whether it did not exist."""
        created = self._people.create_missing(
            self._collection,
            [Person(one.person_id, one.name, one.user_data) for one in persons],
        )
        if number := sum(created):
            self._quotas.person_created(self._collection, persons[0].person_id, number)
        return created

    def create_with_faces(self, persons: Sequence[NewPerson]) -> None:
        """Create persons with up to 90 faces each, many in one step.

        Raises:
            DocumentExists: an id is taken; some of the persons are created.
        """
        self._people.create_all(
            self._collection,
            [
                (
                    Person(
                        one.entry.person_id,
                        one.entry.name,
                        one.entry.user_data,
                        tuple(face.face_id for face in one.faces),
                    ),
                    _persisted(one.entry.person_id, one.faces),
                )
                for one in persons
            ],
        )
        self._quotas.person_created(self._collection, persons[0].entry.person_id, len(persons))

    def add_faces(self, owner: Owner, faces: Sequence[FaceEntry]) -> int:
        """Add those faces that a person does not have; returns their number."""
        person_id, _ = owner
        return self._people.add_faces(
            self._collection,
            person_id,
            _persisted(person_id, faces),
            maximum=self.faces_per_person,
        )


def _persisted(person_id: str, faces: Sequence[FaceEntry]) -> list[PersistedFace]:
    return [
        PersistedFace(one.face_id, person_id, one.embedding, one.user_data)
        for one in faces
        if one.embedding is not None
    ]


def _held(person: Person) -> HeldPerson:
    entry = PersonEntry(person.person_id, person.name, person.user_data)
    return HeldPerson(entry, {_ONE_MODEL: person.persisted_face_ids})
