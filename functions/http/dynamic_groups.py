"""Dynamic person groups: sets of persons of the directory, searched without training."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.directory import (
    DynamicPersonGroupAnswer,
    DynamicPersonGroupBody,
    DynamicPersonGroupChangesBody,
    PersonIdsAnswer,
)
from shared.api.bodies.people import checked_name, checked_user_data
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.directory import (
    accepted,
    group_answer,
    group_changes,
    member_changes,
    new_members,
)
from shared.composition.container import root
from shared.domain.collections import DYNAMIC_PERSON_GROUP

routes = Routes()

_KINDS = (DYNAMIC_PERSON_GROUP,)


@routes.operation(
    "PUT",
    "{collection}",
    summary="Create a dynamic person group; 202 if addPersonIds names persons.",
    kinds=_KINDS,
    body=DynamicPersonGroupBody,
)
def create(call: Call) -> Answer:
    """Create a group with its initial persons, if any."""
    key, body = call.collection, call.body(DynamicPersonGroupBody)
    operation = root().enrolment.dynamic_groups.create(
        key,
        name=checked_name(body.name),
        user_data=checked_user_data(body.user_data),
        person_ids=new_members(body),
    )
    return Answer() if operation is None else accepted(call, operation)


@routes.operation(
    "GET",
    "{collection}",
    summary="Read a dynamic person group without its persons.",
    kinds=_KINDS,
    answers=DynamicPersonGroupAnswer,
)
def get(call: Call) -> Answer:
    """Read a group."""
    return Answer(group_answer(root().enrolment.collections.get(call.collection)))


@routes.operation(
    "PATCH",
    "{collection}",
    summary="Update name, userData or persons; 202 if persons change.",
    kinds=_KINDS,
    body=DynamicPersonGroupChangesBody,
)
def update(call: Call) -> Answer:
    """Update a group and its members."""
    key, body = call.collection, call.body(DynamicPersonGroupChangesBody)
    members = member_changes(body)
    operation = root().enrolment.dynamic_groups.update(key, group_changes(body, members), members)
    return Answer() if operation is None else accepted(call, operation)


@routes.operation(
    "DELETE",
    "{collection}",
    summary="Delete a dynamic person group; its persons stay in the directory.",
    kinds=_KINDS,
    success=202,
)
def delete(call: Call) -> Answer:
    """Delete a group."""
    return accepted(call, root().enrolment.dynamic_groups.delete(call.collection))


@routes.operation(
    "GET",
    "{collections}",
    summary="List dynamic person groups in order of id.",
    kinds=_KINDS,
    query=(p.START, p.TOP),
    answers=list[DynamicPersonGroupAnswer],
)
def list_all(call: Call) -> Answer:
    """List groups."""
    start, top = call.arguments[p.START], call.arguments[p.TOP]
    found = root().enrolment.collections.page(call.kind, start=start, top=top)
    return Answer([group_answer(group) for group in found])


@routes.operation(
    "GET",
    "{collection}/persons",
    summary="List the personIds of a dynamic person group in order.",
    kinds=_KINDS,
    query=(p.START_PERSON, p.TOP),
    answers=PersonIdsAnswer,
)
def list_members(call: Call) -> Answer:
    """List a group's persons."""
    key = call.collection
    start, top = call.arguments[p.START_PERSON], call.arguments[p.TOP]
    return Answer(
        PersonIdsAnswer(root().enrolment.dynamic_groups.page_persons(key, start=start, top=top))
    )
