"""Verify, identify, find similar, group."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.recognition import (
    FindSimilarBody,
    GroupAnswer,
    GroupBody,
    IdentifyAnswer,
    IdentifyBody,
    SimilarFaceAnswer,
    VerifyAnswer,
    VerifyBody,
)
from shared.api.call import Call, checked_uuid
from shared.api.operations import Answer
from shared.api.resources.scopes import (
    checked_count,
    checked_face_ids,
    checked_mode,
    checked_threshold,
    identification_scope,
    similarity_scope,
    verification_scope,
)
from shared.composition.container import root
from shared.domain import limits
from shared.domain.errors import CollectionNotFound, NotFound

routes = Routes()


@routes.operation(
    "POST",
    "verify",
    summary="Verify whether two faces, or a face and a person, are the same person.",
    body=VerifyBody,
    answers=VerifyAnswer,
    named_in_body=(CollectionNotFound,),
)
def verify(call: Call) -> Answer:
    """Compare two faces, or a face and a person."""
    body = call.body(VerifyBody)
    scope = verification_scope(body)
    if scope is None:
        one, other = checked_face_ids([body.face_id1 or "", body.face_id2 or ""], (2, 2))
        verification = root().recognition.verification.faces(one, other)
    else:
        face_id = checked_uuid(body.face_id or "", "Face ID is invalid.")
        person_id = checked_uuid(body.person_id or "", "Person ID is invalid.")
        verification = root().recognition.verification.person(face_id, scope, person_id)
    return Answer(VerifyAnswer(verification.is_identical, verification.confidence))


@routes.operation(
    "POST",
    "identify",
    summary="Identify the person of each face in a group.",
    body=IdentifyBody,
    answers=list[IdentifyAnswer],
    named_in_body=(NotFound,),
)
def identify(call: Call) -> Answer:
    """Search a trained group, or the directory."""
    body = call.body(IdentifyBody)
    face_ids = checked_face_ids(body.face_ids, limits.IDENTIFY_FACE_IDS)
    scope = identification_scope(body, call.version)
    count = checked_count(
        body.max_num_of_candidates_returned,
        limits.IDENTIFY_CANDIDATES,
        default=call.version.identify_candidates,
    )
    threshold = checked_threshold(body.confidence_threshold)
    identification = root().recognition.identification
    identified = identification.identify(face_ids, scope, count=count, threshold=threshold)
    return Answer([IdentifyAnswer.of(face) for face in identified])


@routes.operation(
    "POST",
    "findsimilars",
    summary="Find the faces that are similar to a face.",
    body=FindSimilarBody,
    answers=list[SimilarFaceAnswer],
    named_in_body=(NotFound,),
)
def find_similar(call: Call) -> Answer:
    """Rank faces by similarity."""
    body = call.body(FindSimilarBody)
    face_id = checked_uuid(body.face_id, "Face ID is invalid.")
    scope, mode = similarity_scope(body), checked_mode(body.mode)
    count = checked_count(
        body.max_num_of_candidates_returned,
        limits.FIND_SIMILAR_CANDIDATES,
        default=limits.DEFAULT_FIND_SIMILAR_CANDIDATES,
    )
    found = root().recognition.similarity.find(face_id, scope, mode=mode, count=count)
    return Answer([SimilarFaceAnswer.of(one) for one in found])


@routes.operation(
    "POST",
    "group",
    summary="Divide faces into groups by similarity.",
    body=GroupBody,
    answers=GroupAnswer,
    named_in_body=(NotFound,),
)
def group(call: Call) -> Answer:
    """Group faces, the largest group first."""
    face_ids = checked_face_ids(call.body(GroupBody).face_ids, limits.GROUP_FACE_IDS)
    grouped = root().recognition.grouping.group(face_ids)
    return Answer(GroupAnswer([list(one) for one in grouped.groups], list(grouped.messy)))
