"""Verify, identify, find similar."""

from __future__ import annotations

from functions.binding import Routes
from shared.api.bodies.recognition import (
    CandidateAnswer,
    FindSimilarBody,
    IdentifyAnswer,
    IdentifyBody,
    SimilarFaceAnswer,
    VerifyAnswer,
    VerifyBody,
)
from shared.api.call import Call, checked_uuid
from shared.api.operations import Answer
from shared.api.scopes import (
    checked_count,
    checked_face_ids,
    checked_mode,
    checked_threshold,
    identification_scope,
    similarity_scope,
    verification_scope,
)
from shared.composition import root
from shared.faces import limits
from shared.faces.directory import DirectoryScope
from shared.faces.errors import CollectionNotFound, FaceNotFound, NotFound

routes = Routes()


@routes.operation(
    "POST",
    "verify",
    summary="Whether two faces are one person, or a face is that person.",
    body=VerifyBody,
    answers=VerifyAnswer,
    named_in_body=(CollectionNotFound,),
)
def verify(call: Call) -> Answer:
    """Compare face and face, or face and person."""
    body = call.body(VerifyBody)
    scope = verification_scope(body)
    if scope is None:
        one, other = checked_face_ids([body.face_id1 or "", body.face_id2 or ""], (2, 2))
        verification = root().verification.faces(one, other)
    else:
        face_id = checked_uuid(body.face_id or "", "Face ID is invalid.")
        person_id = checked_uuid(body.person_id or "", "Person ID is invalid.")
        if isinstance(scope, DirectoryScope):
            verification = root().verification.directory_person(face_id, person_id)
        else:
            verification = root().verification.person(face_id, scope, person_id)
    return Answer(VerifyAnswer(verification.is_identical, verification.confidence))


@routes.operation(
    "POST",
    "identify",
    summary="Who of a group each face belongs to.",
    body=IdentifyBody,
    answers=list[IdentifyAnswer],
    named_in_body=(NotFound,),
)
def identify(call: Call) -> Answer:
    """Search a trained group, or the directory as it is."""
    body = call.body(IdentifyBody)
    face_ids = checked_face_ids(body.face_ids, limits.IDENTIFY_FACE_IDS)
    scope = identification_scope(body, call.version)
    count = checked_count(
        body.max_num_of_candidates_returned,
        limits.IDENTIFY_CANDIDATES,
        default=call.version.identify_candidates,
    )
    threshold = checked_threshold(body.confidence_threshold)
    if isinstance(scope, DirectoryScope):
        directory = root().directory_identification
        identified = directory.identify(face_ids, scope, count=count, threshold=threshold)
    else:
        groups = root().identification
        identified = groups.identify(face_ids, scope, count=count, threshold=threshold)
    return Answer(
        [
            IdentifyAnswer(
                face.face_id,
                [CandidateAnswer(c.person_id, c.confidence) for c in face.candidates],
            )
            for face in identified
        ]
    )


@routes.operation(
    "POST",
    "findsimilars",
    summary="Which of several faces are like a face.",
    body=FindSimilarBody,
    answers=list[SimilarFaceAnswer],
    named_in_body=(FaceNotFound,),
)
def find_similar(call: Call) -> Answer:
    """Rank faces by likeness."""
    body = call.body(FindSimilarBody)
    similar = root().similarity.among_faces(
        checked_uuid(body.face_id, "Face ID is invalid."),
        checked_face_ids(similarity_scope(body), limits.FIND_SIMILAR_FACE_IDS),
        mode=checked_mode(body.mode),
        count=checked_count(
            body.max_num_of_candidates_returned,
            limits.FIND_SIMILAR_CANDIDATES,
            default=limits.DEFAULT_FIND_SIMILAR_CANDIDATES,
        ),
    )
    return Answer([SimilarFaceAnswer(face.face_id, face.confidence) for face in similar])
