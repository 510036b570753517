"""The persons of the person directory, for export and import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryPerson
from shared.domain.values import PersistedFace
from shared.services.archive.entries import FaceEntry, PersonEntry
from shared.services.archive.persons import HeldPerson, NewPerson, Owner
from shared.services.collections.quotas import QuotaChecks
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.people import DirectoryPeople

_MOST_AT_ONCE = 1_000


class DirectoryPersons:
    """The person directory."""

    def __init__(
        self, people: DirectoryPeople, deletions: DirectoryDeletions, quotas: QuotaChecks
    ) -> None:
        self._people = people
        self._deletions = deletions
        self._quotas = quotas

    @property
    def faces_per_person(self) -> int:
        """Maximum number of faces of a person, for each model."""
        return self._quotas.faces_per_person

    def page(self, *, start: str, top: int) -> Sequence[HeldPerson]:
        """Up to ``top`` persons with ids greater than ``start``, in order of id."""
        return [_held(one) for one in self._people.page(start=start, top=top)]

    def faces(self, persons: Sequence[HeldPerson]) -> Sequence[FaceEntry]:
        """All faces of some persons, by model, in the order of the persons."""
        wanted = [DirectoryPerson(one.entry.person_id, "", None, one.faces) for one in persons]
        return [
            FaceEntry(face.person_id, face.persisted_face_id, face.user_data, model, face.embedding)
            for model in DIRECTORY_RECOGNITION_MODELS
            for some in self._people.faces(model, wanted)
            for face in some
        ]

    def find_many(self, person_ids: Sequence[str]) -> Sequence[HeldPerson | None]:
        """Persons in the order of the ids; None for those that do not exist."""
        return [None if one is None else _held(one) for one in self._people.find_many(person_ids)]

    def being_deleted(self, person_ids: Sequence[str]) -> frozenset[str]:
        """The persons that have a mark, which is kept for a day after their deletion.

        Copies of the directory follow marks: a person that is created again under the same id
        could be treated as deleted.
        """
        return frozenset(
            found
            for begin in range(0, len(person_ids), _MOST_AT_ONCE)
            for found in self._deletions.marked(person_ids[begin : begin + _MOST_AT_ONCE])
        )

    def room(self, places: int) -> AbstractContextManager[None]:
        """A context in which a number of persons may be created; raises QuotaExceeded."""
        return self._quotas.room_for_directory_person(places)

    def create(self, persons: Sequence[PersonEntry]) -> Sequence[bool]:
        """Create persons without faces; for each whether it did not exist."""
        return self._people.create_missing(
            [DirectoryPerson(one.person_id, one.name, one.user_data) for one in persons]
        )

    def create_with_faces(self, persons: Sequence[NewPerson]) -> None:
        """Create persons with up to 90 faces each, many in one step.

        Raises:
            DocumentExists: an id is taken; some of the persons are created.
        """
        self._people.create_all((_new(one), _persisted(one.faces)) for one in persons)

    def add_faces(self, owner: Owner, faces: Sequence[FaceEntry]) -> int:
        """Add those faces that a person does not have; returns their number."""
        person_id, model = owner
        return self._people.add_faces(
            model,
            person_id,
            [face for _, face in _persisted(faces)],
            maximum=self.faces_per_person,
        )


def _new(person: NewPerson) -> DirectoryPerson:
    faces: defaultdict[str, list[str]] = defaultdict(list)
    for model, face in _persisted(person.faces):
        faces[model].append(face.persisted_face_id)
    listed = {model: tuple(ids) for model, ids in faces.items()}
    entry = person.entry
    return DirectoryPerson(entry.person_id, entry.name, entry.user_data, listed)


def _persisted(faces: Sequence[FaceEntry]) -> list[tuple[str, PersistedFace]]:
    """Faces with their recognition models."""
    return [
        (
            one.recognition_model or "",
            PersistedFace(one.face_id, one.person_id or "", one.embedding, one.user_data),
        )
        for one in faces
        if one.embedding is not None
    ]


def _held(person: DirectoryPerson) -> HeldPerson:
    return HeldPerson(PersonEntry(person.person_id, person.name, person.user_data), person.faces)
