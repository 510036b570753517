"""Parses requests of the person directory and formats their responses."""

from __future__ import annotations

from collections.abc import Sequence

from shared.api.bodies.directory import (
    DirectoryPersonAnswer,
    DynamicPersonGroupAnswer,
    DynamicPersonGroupBody,
    DynamicPersonGroupChangesBody,
    OperationAnswer,
)
from shared.api.bodies.people import ChangesBody, checked_changes
from shared.api.bodies.wire import Wire, wire_time
from shared.api.call import Call, checked_uuid
from shared.api.operations import Answer
from shared.domain.directory import (
    DIRECTORY_RECOGNITION_MODELS,
    DirectoryPerson,
    FinishedOperation,
    MembershipChanges,
)
from shared.domain.errors import BadArgument, OperationNotFound
from shared.domain.identifiers import canonical_uuid
from shared.domain.requests import Changes
from shared.domain.values import Collection


def recognition_model(call: Call) -> str:
    """The recognition model in the path.

    Raises:
        BadArgument: the directory does not support it.
    """
    model = call.request.route["recognitionModel"].lower()
    if model not in DIRECTORY_RECOGNITION_MODELS:
        raise BadArgument("Recognition model is not supported for this feature.")
    return model


def operation_id(call: Call) -> str:
    """The operationId in the path.

    Raises:
        OperationNotFound: it is not a UUID.
    """
    identifier = canonical_uuid(call.request.route["operationId"])
    if identifier is None:
        raise OperationNotFound
    return identifier


def new_members(body: DynamicPersonGroupBody) -> tuple[str, ...]:
    """The persons of a new dynamic person group.

    Raises:
        BadArgument: a personId is malformed, or the list is given but empty.
    """
    if body.add_person_ids is None:
        return ()
    if not body.add_person_ids:
        raise BadArgument("Request body is invalid. (Parameter 'addPersonIds')")
    return _person_ids(body.add_person_ids)


def member_changes(body: DynamicPersonGroupChangesBody) -> MembershipChanges:
    """The persons to add and to remove.

    Raises:
        BadArgument: a personId is malformed, or in both lists.
    """
    added = _person_ids(body.add_person_ids or ())
    removed = _person_ids(body.remove_person_ids or ())
    if not set(added).isdisjoint(removed):
        raise BadArgument("A person is both in addPersonIds and in removePersonIds.")
    return MembershipChanges(added, removed)


def group_changes(body: DynamicPersonGroupChangesBody, members: MembershipChanges) -> Changes:
    """The changes of name and userData.

    Raises:
        BadArgument: there is no change at all, or a member is out of bounds.
    """
    if members and body.name is None and body.user_data is None:
        return Changes()
    return checked_changes(ChangesBody(body.name, body.user_data))


def accepted(
    call: Call, operation: str, body: Wire | None = None, *, location: str | None = None
) -> Answer:
    """A response with status 202 and the address of the operation.

    Args:
        location: path of the created resource, below ``/face/{version}/``.
    """
    headers = {
        "operation-location": f"{call.base_url}/operations/{operation}",
        # Microsoft's SDKs poll every 30 seconds unless a response says otherwise.
        "Retry-After": "1",
    }
    if location is not None:
        headers["Location"] = f"{call.base_url}/{location}"
    return Answer(body, status=202, headers=headers)


def operation_answer(call: Call, operation: FinishedOperation) -> OperationAnswer:
    """An operation as JSON, with URLs as the caller sees them."""
    resource = operation.resource
    finished = wire_time(operation.finished)
    return OperationAnswer(
        operation_id=operation.operation_id,
        status="succeeded",
        created_time=wire_time(operation.created),
        last_action_time=finished,
        finished_time=finished,
        resource_location=None if resource is None else f"{call.base_url}/{resource}",
    )


def person_answer(person: DirectoryPerson) -> DirectoryPersonAnswer:
    """A person as JSON, without faces."""
    return DirectoryPersonAnswer(person.person_id, person.name, person.user_data)


def group_answer(group: Collection) -> DynamicPersonGroupAnswer:
    """A dynamic person group as JSON, without persons."""
    return DynamicPersonGroupAnswer(group.collection_id, group.name, group.user_data)


def _person_ids(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(checked_uuid(text, "Person ID is invalid.") for text in texts))
