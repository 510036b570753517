"""Duplicates: two persons with one person's faces, and one person with two people's faces."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.lineament.duplicates import DuplicatesAnswer
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.discovery.duplicates import duplicates_answer
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)


@routes.operation(
    "GET",
    "duplicates",
    summary="Find persons who look like one, and persons whose faces look like two people's.",
    query=(
        own.COLLECTION,
        own.DUPLICATE_CONFIDENCE,
        own.CONTINUATION,
        own.TOP,
        own.DIRECTORY_MODEL,
    ),
    answers=DuplicatesAnswer,
)
def find_duplicates(call: Call) -> Answer:
    """Find duplicates."""
    return duplicates_answer(call, root().discovery.duplicates)
