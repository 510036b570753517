"""The faces of face lists and large face lists. `collections.py` has the lists themselves."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.collections import CollectionAnswer, FaceListAnswer
from shared.api.bodies.people import (
    FaceChangesBody,
    PersistedFaceAnswer,
    PersistedFaceIdAnswer,
    checked_user_data,
)
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.collections import collection_answer, face_answer, face_list_answer
from shared.api.resources.enrolment import enrolment_rules
from shared.composition.container import root
from shared.domain.collections import FACE_COLLECTIONS, FACE_LIST, LARGE_FACE_LIST
from shared.domain.limits import MAXIMUM_FACE_USER_DATA_LENGTH, MAXIMUM_PAGE

routes = Routes()

_FACES = "{collection}/persistedfaces"
_FACE = _FACES + "/{persistedFaceId}"


@routes.operation(
    "GET",
    "{collection}",
    summary="Read a face list with its faces.",
    kinds=(FACE_LIST,),
    query=(p.RETURN_RECOGNITION_MODEL,),
    answers=FaceListAnswer,
)
def get(call: Call) -> Answer:
    """Read a face list."""
    key = call.collection
    face_list = root().enrolment.collections.get(key)
    faces = root().enrolment.face_lists.all_faces(key)
    with_model = call.arguments[p.RETURN_RECOGNITION_MODEL]
    return Answer(face_list_answer(face_list, faces, with_model=with_model))


@routes.operation(
    "GET",
    "{collections}",
    summary="List all face lists in order of id.",
    kinds=(FACE_LIST,),
    query=(p.RETURN_RECOGNITION_MODEL,),
    answers=list[CollectionAnswer],
)
def list_all(call: Call) -> Answer:
    """List all face lists, without their faces; there is no paging."""
    with_model = call.arguments[p.RETURN_RECOGNITION_MODEL]
    found = root().enrolment.collections.page(call.kind, start="", top=MAXIMUM_PAGE)
    return Answer([collection_answer(one, with_model=with_model) for one in found])


@routes.operation(
    "POST",
    _FACES,
    summary="Add the face on an image.",
    kinds=FACE_COLLECTIONS,
    query=p.ADD_FACE,
    takes_image=True,
    answers=PersistedFaceIdAnswer,
    creates=True,
)
def add_face(call: Call) -> Answer:
    """Add a face, which stays until it is deleted."""
    key = call.collection
    face_id = root().enrolment.face_lists.add_face(
        key,
        call.image(),
        target=call.arguments[p.TARGET_FACE],
        user_data=call.arguments[p.FACE_USER_DATA],
        rules=enrolment_rules(call),
    )
    return Answer(PersistedFaceIdAnswer(face_id))


@routes.operation(
    "GET",
    _FACES,
    summary="List the faces of a large face list in order of id.",
    kinds=(LARGE_FACE_LIST,),
    query=(p.START, p.TOP),
    answers=list[PersistedFaceAnswer],
)
def list_faces(call: Call) -> Answer:
    """List the faces of a large face list."""
    key, start, top = call.collection, call.arguments[p.START], call.arguments[p.TOP]
    faces = root().enrolment.face_lists.page_faces(key, start=start, top=top)
    return Answer([face_answer(face) for face in faces])


@routes.operation(
    "GET", _FACE, summary="Read a face.", kinds=(LARGE_FACE_LIST,), answers=PersistedFaceAnswer
)
def get_face(call: Call) -> Answer:
    """Read a face of a large face list."""
    return Answer(
        face_answer(root().enrolment.face_lists.get_face(call.collection, call.persisted_face_id))
    )


@routes.operation(
    "PATCH",
    _FACE,
    summary="Update a face's userData.",
    kinds=(LARGE_FACE_LIST,),
    body=FaceChangesBody,
)
def update_face(call: Call) -> Answer:
    """Set or clear the userData of a large face list's face."""
    key, face_id = call.collection, call.persisted_face_id
    body = call.body(FaceChangesBody)
    user_data = checked_user_data(body.user_data, MAXIMUM_FACE_USER_DATA_LENGTH)
    root().enrolment.face_lists.update_face(key, face_id, user_data)
    return Answer()


@routes.operation("DELETE", _FACE, summary="Delete a face.", kinds=FACE_COLLECTIONS)
def delete_face(call: Call) -> Answer:
    """Delete a face."""
    root().enrolment.face_lists.delete_face(call.collection, call.persisted_face_id)
    return Answer()
