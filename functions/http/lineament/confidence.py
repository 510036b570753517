"""The scores and error rates that confidences stand for."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.lineament.confidence import ConfidenceAnswer
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.explanation import confidence_answer
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)


@routes.operation(
    "GET",
    "confidence",
    summary="Read which scores confidences stand for, and how many strangers reach them.",
    query=(own.COLLECTION,),
    answers=ConfidenceAnswer,
)
def read_confidence(call: Call) -> Answer:
    """Describe a scale of confidences."""
    return Answer(confidence_answer(call.arguments[own.COLLECTION], root().recognition.confidence))
