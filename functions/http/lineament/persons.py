"""Finds persons by the beginning of their names."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.lineament.persons import PersonsAnswer
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.persons import person_scope, persons_answer
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)


@routes.operation(
    "GET",
    "persons",
    summary="Find persons of a collection by the beginning of their names.",
    query=(own.COLLECTION, own.NAME_PREFIX, p.START_PERSON, own.TOP),
    answers=PersonsAnswer,
)
def find_persons(call: Call) -> Answer:
    """Find persons by name."""
    found = root().enrolment.person_search.find(
        person_scope(call),
        call.arguments[own.NAME_PREFIX],
        start=call.arguments[p.START_PERSON],
        top=call.arguments[own.TOP],
    )
    return Answer(persons_answer(found))
