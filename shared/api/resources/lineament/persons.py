"""Converts the search for persons between the wire and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.api.bodies.lineament.persons import PersonsAnswer
from shared.api.bodies.people import PersonAnswer
from shared.api.call import Call
from shared.api.resources.lineament import parameters as own
from shared.domain.collections import PERSON_COLLECTIONS
from shared.domain.directory import DirectoryScope
from shared.domain.errors import BadArgument
from shared.domain.face.recognition import SearchScope

if TYPE_CHECKING:
    from shared.services.people.person_search import FoundPersons


def person_scope(call: Call) -> SearchScope:
    """The group or directory that the query names.

    Raises:
        BadArgument: it names none.
    """
    return checked_person_scope(call.arguments[own.COLLECTION])


def checked_person_scope(scope: SearchScope | None) -> SearchScope:
    """A collection that has persons of its own.

    Raises:
        BadArgument: it is another kind of collection, or None.
    """
    if isinstance(scope, DirectoryScope):
        has_persons = scope.group is None
    else:
        has_persons = scope is not None and scope.kind in PERSON_COLLECTIONS
    if scope is None or not has_persons:
        raise BadArgument(
            "Name the collection of the person: persongroups/id, largepersongroups/id or"
            " persondirectory."
        )
    return scope


def persons_answer(found: FoundPersons) -> PersonsAnswer:
    """The wire form of found persons."""
    persons = [
        PersonAnswer(one.person_id, list(one.persisted_face_ids), one.name, one.user_data)
        for one in found.persons
    ]
    return PersonsAnswer(persons, found.continuation)
