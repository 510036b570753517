"""Finds persons by the beginning of their names: a bounded scan without an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryPerson, DirectoryScope
from shared.domain.face.recognition import SearchScope
from shared.domain.values import Person
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.people import People
from shared.storage.records.directory.people import DirectoryPeople

_STEP = 500
_MOST_READ = 5_000
"""Maximum number of persons that one call reads."""

_Page = Callable[[str, int], Sequence[Person]]


@dataclass(frozen=True, slots=True)
class FoundPersons:
    """Some persons in order of id.

    Attributes:
        continuation: the id after which the search continues; None after the last person.
    """

    persons: Sequence[Person]
    continuation: str | None


class PersonSearch:
    """Searches the persons of a group or of the directory."""

    def __init__(
        self, collections: CollectionRecords, people: People, directory: DirectoryPeople
    ) -> None:
        self._collections = collections
        self._people = people
        self._directory = directory

    def find(self, scope: SearchScope, name: str, *, start: str, top: int) -> FoundPersons:
        """Up to ``top`` persons whose names begin with ``name``, in any case; reads at most 5,000.

        Args:
            name: the beginning of the name; empty: all persons.
            start: persons with ids greater than this one.

        Raises:
            CollectionNotFound: there is no such group.
        """
        page, wanted = self._pages(scope), name.casefold()
        found: list[Person] = []
        for _ in range(_MOST_READ // _STEP):
            persons = page(start, _STEP)
            for person in persons:
                start = person.person_id
                if person.name.casefold().startswith(wanted):
                    found.append(person)
                    if len(found) == top:
                        return FoundPersons(found, start)
            if len(persons) < _STEP:
                return FoundPersons(found, None)
        return FoundPersons(found, start)

    def _pages(self, scope: SearchScope) -> _Page:
        if isinstance(scope, DirectoryScope):
            return lambda start, top: [
                _person(one) for one in self._directory.page(start=start, top=top)
            ]
        collection = self._collections.get(scope)
        return lambda start, top: self._people.page(collection, start=start, top=top)


def _person(person: DirectoryPerson) -> Person:
    faces = (person.faces_for(model) for model in DIRECTORY_RECOGNITION_MODELS)
    ids = tuple(face for some in faces for face in some)
    return Person(person.person_id, person.name, person.user_data, ids)
