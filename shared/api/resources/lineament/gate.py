"""Converts a collection's gate between the wire and the service."""

from __future__ import annotations

from shared.api.bodies.enrolment import GateAnswer
from shared.api.call import Call
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.scopes import scope_name
from shared.domain.collections import CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.errors import BadArgument
from shared.domain.face.enrolment import EnrolmentRules


def gated_collection(call: Call) -> CollectionKey:
    """The group or list that the query names.

    Raises:
        BadArgument: it names none, the directory, or a dynamic person group.
    """
    scope = call.arguments[own.COLLECTION]
    if scope is None:
        raise BadArgument("'collection' is missing.")
    if isinstance(scope, DirectoryScope):
        raise BadArgument(
            "The person directory has no gate. Use minimumQuality and faces in the requests that"
            " add a face."
        )
    return scope


def gate_answer(key: CollectionKey, gate: EnrolmentRules) -> GateAnswer:
    """The wire form of a gate."""
    return GateAnswer(scope_name(key), gate.minimum_quality, gate.faces)
