"""The persons of a group and their persisted faces."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.people import (
    ChangesBody,
    FaceChangesBody,
    NamedBody,
    PersistedFaceAnswer,
    PersistedFaceIdAnswer,
    PersonAnswer,
    PersonIdAnswer,
    checked_changes,
    checked_name,
    checked_user_data,
)
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.collections import face_answer
from shared.api.resources.enrolment import enrolment_rules
from shared.composition.container import root
from shared.domain.collections import PERSON_COLLECTIONS
from shared.domain.limits import MAXIMUM_FACE_USER_DATA_LENGTH
from shared.domain.values import Person

routes = Routes()

_PERSONS = "{collection}/persons"
_PERSON = _PERSONS + "/{personId}"
_FACES = _PERSON + "/persistedfaces"
_FACE = _FACES + "/{persistedFaceId}"


@routes.operation(
    "POST",
    _PERSONS,
    summary="Create a person.",
    kinds=PERSON_COLLECTIONS,
    body=NamedBody,
    answers=PersonIdAnswer,
    creates=True,
)
def create_person(call: Call) -> Answer:
    """Create a person without faces."""
    group, body = call.collection, call.body(NamedBody)
    name, user_data = checked_name(body.name), checked_user_data(body.user_data)
    person_id = root().enrolment.persons.create_person(group, name=name, user_data=user_data)
    return Answer(PersonIdAnswer(person_id))


@routes.operation(
    "GET",
    _PERSONS,
    summary="List persons in order of id.",
    kinds=PERSON_COLLECTIONS,
    query=(p.START, p.TOP),
    answers=list[PersonAnswer],
)
def list_persons(call: Call) -> Answer:
    """List persons."""
    start, top = call.arguments[p.START], call.arguments[p.TOP]
    persons = root().enrolment.persons.page_persons(call.collection, start=start, top=top)
    return Answer([_person_answer(person) for person in persons])


@routes.operation(
    "GET", _PERSON, summary="Read a person.", kinds=PERSON_COLLECTIONS, answers=PersonAnswer
)
def get_person(call: Call) -> Answer:
    """Read a person."""
    return Answer(
        _person_answer(root().enrolment.persons.get_person(call.collection, call.person_id))
    )


@routes.operation(
    "PATCH",
    _PERSON,
    summary="Update a person's name or userData.",
    kinds=PERSON_COLLECTIONS,
    body=ChangesBody,
)
def update_person(call: Call) -> Answer:
    """Update a person."""
    group, person_id = call.collection, call.person_id
    root().enrolment.persons.update_person(
        group, person_id, checked_changes(call.body(ChangesBody))
    )
    return Answer()


@routes.operation(
    "DELETE", _PERSON, summary="Delete a person with all its faces.", kinds=PERSON_COLLECTIONS
)
def delete_person(call: Call) -> Answer:
    """Delete a person."""
    root().enrolment.persons.delete_person(call.collection, call.person_id)
    return Answer()


@routes.operation(
    "POST",
    _FACES,
    summary="Add the face on an image to a person.",
    kinds=PERSON_COLLECTIONS,
    query=p.ADD_FACE,
    takes_image=True,
    answers=PersistedFaceIdAnswer,
    creates=True,
)
def add_face(call: Call) -> Answer:
    """Add a face, which stays until it is deleted."""
    group, person_id = call.collection, call.person_id
    face_id = root().enrolment.persons.add_face(
        group,
        person_id,
        call.image(),
        target=call.arguments[p.TARGET_FACE],
        user_data=call.arguments[p.FACE_USER_DATA],
        rules=enrolment_rules(call),
    )
    return Answer(PersistedFaceIdAnswer(face_id))


@routes.operation(
    "GET", _FACE, summary="Read a face.", kinds=PERSON_COLLECTIONS, answers=PersistedFaceAnswer
)
def get_face(call: Call) -> Answer:
    """Read a persisted face."""
    group, person_id, face_id = call.collection, call.person_id, call.persisted_face_id
    face = root().enrolment.persons.get_face(group, person_id, face_id)
    return Answer(face_answer(face))


@routes.operation(
    "PATCH",
    _FACE,
    summary="Update a face's userData.",
    kinds=PERSON_COLLECTIONS,
    body=FaceChangesBody,
)
def update_face(call: Call) -> Answer:
    """Set or clear a persisted face's userData."""
    group, person_id, face_id = call.collection, call.person_id, call.persisted_face_id
    body = call.body(FaceChangesBody)
    user_data = checked_user_data(body.user_data, MAXIMUM_FACE_USER_DATA_LENGTH)
    root().enrolment.persons.update_face(group, person_id, face_id, user_data)
    return Answer()


@routes.operation("DELETE", _FACE, summary="Delete a face.", kinds=PERSON_COLLECTIONS)
def delete_face(call: Call) -> Answer:
    """Delete a persisted face."""
    group, person_id, face_id = call.collection, call.person_id, call.persisted_face_id
    root().enrolment.persons.delete_face(group, person_id, face_id)
    return Answer()


def _person_answer(person: Person) -> PersonAnswer:
    return PersonAnswer(
        person.person_id, list(person.persisted_face_ids), person.name, person.user_data
    )
