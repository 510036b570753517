"""The progress of deletions."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.lineament.deletions import DeletionAnswer
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.deletions import deletion_answer
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)


@routes.operation(
    "GET",
    "deletions/{deletedId}",
    summary="Read how far a deletion is, and what is left to do.",
    query=(own.COLLECTION, own.PERSON_OF_FACE),
    answers=DeletionAnswer,
)
def read_deletion(call: Call) -> Answer:
    """Report a deletion."""
    return Answer(deletion_answer(call, root().deletion.reports))
