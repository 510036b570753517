"""A collection's own enrolment rules, applied to requests that have none."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.enrolment import GateAnswer, GateBody, checked_gate
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.gate import gate_answer, gated_collection
from shared.api.versions import LINEAMENT
from shared.composition.container import root
from shared.domain.face.enrolment import NO_RULES

routes = Routes(LINEAMENT)


@routes.operation(
    "GET",
    "gate",
    summary="Read which images a collection's gate lets in.",
    query=(own.COLLECTION,),
    answers=GateAnswer,
)
def read_gate(call: Call) -> Answer:
    """Read a gate."""
    key = gated_collection(call)
    return Answer(gate_answer(key, root().enrolment.collections.get(key).gate))


@routes.operation(
    "PUT",
    "gate",
    summary="Set or replace a collection's gate: rules for images whose requests have none.",
    query=(own.COLLECTION,),
    body=GateBody,
    answers=GateAnswer,
)
def set_gate(call: Call) -> Answer:
    """Set a gate."""
    key, gate = gated_collection(call), checked_gate(call.body(GateBody))
    root().enrolment.collections.set_gate(key, gate)
    return Answer(gate_answer(key, gate))


@routes.operation(
    "DELETE",
    "gate",
    summary="Remove a collection's gate.",
    query=(own.COLLECTION,),
)
def remove_gate(call: Call) -> Answer:
    """Remove a gate, if there is one."""
    root().enrolment.collections.set_gate(gated_collection(call), NO_RULES)
    return Answer()
