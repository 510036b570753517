"""Messages that failed on every attempt."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.lineament.poison import PoisonListAnswer, ReplayAnswer
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament.poison import poison_list_answer
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)


@routes.operation(
    "GET",
    "poison",
    summary="List messages that failed on every attempt.",
    answers=PoisonListAnswer,
)
def list_poison(call: Call) -> Answer:
    """List poison messages."""
    return Answer(poison_list_answer(root().uploads.poison.listing()))


@routes.operation(
    "POST",
    "poison/{poisonId}/replay",
    summary="Deliver a poison message again.",
    answers=ReplayAnswer,
)
def replay_poison(call: Call) -> Answer:
    """Replay a poison message."""
    poison_id = call.request.route["poisonId"]
    return Answer(ReplayAnswer(poison_id, root().uploads.poison.replay(poison_id)))
