"""Unknown people: clusters of faces on uploads that match no enrolled person."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.lineament.unknowns import (
    MergeBody,
    PromoteBody,
    PromotedAnswer,
    ShownUnknownAnswer,
    UnknownAnswer,
    UnknownsAnswer,
)
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.discovery.unknowns import (
    promotion_of,
    shown_unknown_answer,
    unknown_answer,
    unknowns_answer,
)
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)


@routes.operation(
    "GET",
    "unknowns",
    summary="List unknown people by how often they were seen.",
    query=(own.CONTINUATION, own.TOP),
    answers=UnknownsAnswer,
)
def list_unknowns(call: Call) -> Answer:
    """List clusters of unknown faces."""
    found = root().discovery.unknowns.page(
        start=call.arguments[own.CONTINUATION] or "", top=call.arguments[own.TOP]
    )
    return Answer(unknowns_answer(found))


@routes.operation(
    "GET",
    "unknowns/{unknownId}",
    summary="Read an unknown person with the faces that were seen.",
    answers=ShownUnknownAnswer,
)
def read_unknown(call: Call) -> Answer:
    """Read a cluster."""
    found = root().discovery.unknowns.get(call.request.route["unknownId"])
    return Answer(shown_unknown_answer(*found))


@routes.operation(
    "POST",
    "unknowns/{unknownId}/promote",
    summary="Make an unknown person a person of a collection.",
    body=PromoteBody,
    answers=PromotedAnswer,
    creates=True,
)
def promote_unknown(call: Call) -> Answer:
    """Promote a cluster to a person."""
    scope, person = promotion_of(call.body(PromoteBody))
    promotion = root().discovery.promotion
    made = promotion.promote(call.request.route["unknownId"], scope, person)
    return Answer(PromotedAnswer(made.person_id, list(made.face_ids)))


@routes.operation(
    "POST",
    "unknowns/{unknownId}/merge",
    summary="Merge another unknown person into this one.",
    body=MergeBody,
    answers=UnknownAnswer,
)
def merge_unknowns(call: Call) -> Answer:
    """Merge two clusters."""
    unknown_id = call.request.route["unknownId"]
    other = call.body(MergeBody).unknown_id
    return Answer(unknown_answer(root().discovery.unknowns.merge(unknown_id, other)))


@routes.operation(
    "DELETE",
    "unknowns/{unknownId}",
    summary="Forget an unknown person.",
)
def forget_unknown(call: Call) -> Answer:
    """Delete a cluster with its sightings."""
    root().discovery.unknowns.forget(call.request.route["unknownId"])
    return Answer()
