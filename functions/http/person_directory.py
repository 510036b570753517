"""The person directory: persons outside groups, with faces for each recognition model."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.directory import (
    DirectoryFacesAnswer,
    DirectoryPersonAnswer,
    DynamicPersonGroupIdsAnswer,
    OperationAnswer,
)
from shared.api.bodies.people import (
    ChangesBody,
    FaceChangesBody,
    NamedBody,
    PersistedFaceAnswer,
    PersistedFaceIdAnswer,
    PersonIdAnswer,
    checked_changes,
    checked_name,
    checked_user_data,
)
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.collections import face_answer
from shared.api.resources.directory import (
    accepted,
    operation_answer,
    operation_id,
    person_answer,
    recognition_model,
)
from shared.api.resources.enrolment import enrolment_rules
from shared.composition.container import root
from shared.domain.limits import MAXIMUM_FACE_USER_DATA_LENGTH

routes = Routes()

_PERSON = "persons/{personId}"
_FACES = _PERSON + "/recognitionModels/{recognitionModel}/persistedfaces"
_FACE = _FACES + "/{persistedFaceId}"


@routes.operation(
    "POST",
    "persons",
    summary="Create a person in the directory.",
    body=NamedBody,
    answers=PersonIdAnswer,
    creates=True,
    success=202,
)
def create_directory_person(call: Call) -> Answer:
    """Create a person without faces."""
    body = call.body(NamedBody)
    made = root().enrolment.person_directory.create_person(
        name=checked_name(body.name), user_data=checked_user_data(body.user_data)
    )
    return accepted(call, made.operation_id, PersonIdAnswer(made.new_id), location=made.resource)


@routes.operation(
    "GET",
    "persons",
    summary="List the directory's persons in order of id.",
    query=(p.START_PERSON, p.TOP),
    answers=list[DirectoryPersonAnswer],
)
def list_directory_persons(call: Call) -> Answer:
    """List persons."""
    start, top = call.arguments[p.START_PERSON], call.arguments[p.TOP]
    found = root().enrolment.person_directory.page_persons(start=start, top=top)
    return Answer([person_answer(person) for person in found])


@routes.operation(
    "GET", _PERSON, summary="Read a person of the directory.", answers=DirectoryPersonAnswer
)
def get_directory_person(call: Call) -> Answer:
    """Read a person."""
    return Answer(person_answer(root().enrolment.person_directory.get_person(call.person_id)))


@routes.operation(
    "PATCH",
    _PERSON,
    summary="Update the name or userData of a person of the directory.",
    body=ChangesBody,
)
def update_directory_person(call: Call) -> Answer:
    """Update a person."""
    person_id = call.person_id
    root().enrolment.person_directory.update_person(
        person_id, checked_changes(call.body(ChangesBody))
    )
    return Answer()


@routes.operation(
    "DELETE", _PERSON, summary="Delete a person of the directory with all its faces.", success=202
)
def delete_directory_person(call: Call) -> Answer:
    """Delete a person. No later response includes it."""
    return accepted(call, root().enrolment.person_directory.delete_person(call.person_id))


@routes.operation(
    "GET",
    _PERSON + "/dynamicPersonGroupReferences",
    summary="List the dynamic person groups that contain a person.",
    query=(p.START, p.TOP),
    answers=DynamicPersonGroupIdsAnswer,
)
def list_dynamic_person_group_references(call: Call) -> Answer:
    """List a person's groups."""
    person_id = call.person_id
    start, top = call.arguments[p.START], call.arguments[p.TOP]
    found = root().enrolment.person_directory.page_references(person_id, start=start, top=top)
    return Answer(DynamicPersonGroupIdsAnswer(found))


@routes.operation(
    "POST",
    _FACES,
    summary="Add the face on an image to a person of the directory.",
    query=p.ADD_FACE,
    takes_image=True,
    answers=PersistedFaceIdAnswer,
    creates=True,
    success=202,
)
def add_directory_face(call: Call) -> Answer:
    """Add a face, which stays until it is deleted."""
    person_id, model = call.person_id, recognition_model(call)
    made = root().enrolment.person_directory.add_face(
        person_id,
        model,
        call.image(),
        target=call.arguments[p.TARGET_FACE],
        user_data=call.arguments[p.FACE_USER_DATA],
        rules=enrolment_rules(call),
    )
    answer = PersistedFaceIdAnswer(made.new_id)
    return accepted(call, made.operation_id, answer, location=made.resource)


@routes.operation(
    "GET",
    _FACES,
    summary="List the faces of a person of the directory.",
    answers=DirectoryFacesAnswer,
)
def list_directory_faces(call: Call) -> Answer:
    """List the ids of a person's faces for one recognition model."""
    person_id, model = call.person_id, recognition_model(call)
    person = root().enrolment.person_directory.get_person(person_id)
    return Answer(DirectoryFacesAnswer(person_id, list(person.faces_for(model))))


@routes.operation(
    "GET", _FACE, summary="Read a face of the directory.", answers=PersistedFaceAnswer
)
def get_directory_face(call: Call) -> Answer:
    """Read a persisted face."""
    person_id, model, face_id = call.person_id, recognition_model(call), call.persisted_face_id
    face = root().enrolment.person_directory.get_face(person_id, model, face_id)
    return Answer(face_answer(face))


@routes.operation(
    "PATCH", _FACE, summary="Update the userData of a face of the directory.", body=FaceChangesBody
)
def update_directory_face(call: Call) -> Answer:
    """Set or clear a persisted face's userData."""
    person_id, model, face_id = call.person_id, recognition_model(call), call.persisted_face_id
    body = call.body(FaceChangesBody)
    user_data = checked_user_data(body.user_data, MAXIMUM_FACE_USER_DATA_LENGTH)
    root().enrolment.person_directory.update_face(person_id, model, face_id, user_data)
    return Answer()


@routes.operation("DELETE", _FACE, summary="Delete a face of the directory.", success=202)
def delete_directory_face(call: Call) -> Answer:
    """Delete a persisted face."""
    person_id, model, face_id = call.person_id, recognition_model(call), call.persisted_face_id
    return accepted(call, root().enrolment.person_directory.delete_face(person_id, model, face_id))


@routes.operation(
    "GET",
    "operations/{operationId}",
    summary="Read the status of a long-running operation.",
    answers=OperationAnswer,
)
def get_operation(call: Call) -> Answer:
    """Read the status of an operation of the last seven days."""
    return Answer(operation_answer(call, root().enrolment.operations.get(operation_id(call))))
