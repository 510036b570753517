"""The enrolled faces that the rules of enrolment compare a new face with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.directory import DirectoryPerson, DirectoryScope
from shared.domain.errors import (
    BadArgument,
    CollectionNotFound,
    NotTrained,
    TrainingNotFinished,
)
from shared.domain.values import Candidate, Collection, Embedding, Person
from shared.services.recognition.directory_identification import DirectoryIdentification
from shared.services.recognition.identification import Identification
from shared.storage.records.collections.people import People
from shared.storage.records.directory.people import DirectoryPeople

SAME_FACE_CONFIDENCE = 0.7
"""Confidence of identify from which a face is assumed to be another person's. One stranger in 1,000
reaches it (`identification_scale`); one in 100 reaches identify's default."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The person whose enrolled face it is."""

    person_id: str
    name: str


class Likeness(Protocol):
    """The enrolled faces, from the point of view of one person."""

    def other_owner(self, embedding: Embedding) -> Owner | None:
        """Another person whose face it is; None if there is none."""
        ...

    def own_faces(self) -> Sequence[Embedding]:
        """The faces of the person itself."""
        ...


class GroupLikeness:
    """A person of a group, and the others as of the last training."""

    def __init__(
        self,
        collection: Collection,
        person: Person,
        identification: Identification,
        people: People,
    ) -> None:
        self._collection = collection
        self._person = person
        self._identification = identification
        self._people = people

    def other_owner(self, embedding: Embedding) -> Owner | None:
        """See Likeness. A group that cannot be searched has no other persons."""
        try:
            gallery = self._identification.open(self._collection.key)
            (found,) = self._identification.candidates(
                gallery, [embedding], count=1, threshold=SAME_FACE_CONFIDENCE
            )
        except (BadArgument, CollectionNotFound, NotTrained, TrainingNotFinished):
            return None
        other = _other(found, self._person.person_id)
        if other is None:
            return None
        (person,) = self._people.find_many(self._collection, [other])
        return None if person is None else Owner(person.person_id, person.name)

    def own_faces(self) -> Sequence[Embedding]:
        """See Likeness."""
        return [one.embedding for one in self._people.faces(self._collection, self._person)]


class DirectoryLikeness:
    """A person of the directory, and all others."""

    def __init__(
        self,
        person: DirectoryPerson,
        recognition_model: str,
        identification: DirectoryIdentification,
        people: DirectoryPeople,
    ) -> None:
        self._person = person
        self._recognition_model = recognition_model
        self._identification = identification
        self._people = people

    def other_owner(self, embedding: Embedding) -> Owner | None:
        """See Likeness."""
        (found,) = self._identification.candidates(
            self._identification.open(DirectoryScope()),
            self._recognition_model,
            [embedding],
            count=1,
            threshold=SAME_FACE_CONFIDENCE,
        )
        other = _other(found, self._person.person_id)
        if other is None:
            return None
        (person,) = self._people.find_many([other])
        return None if person is None else Owner(person.person_id, person.name)

    def own_faces(self) -> Sequence[Embedding]:
        """See Likeness."""
        pages = self._people.faces(self._recognition_model, [self._person])
        return [one.embedding for page in pages for one in page]


def _other(found: Sequence[Candidate], own: str) -> str | None:
    """The best candidate, if it is another person."""
    return found[0].person_id if found and found[0].person_id != own else None
