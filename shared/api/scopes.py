"""What recognition is asked to look at: the arguments of verify, identify and find similar."""

from __future__ import annotations

from collections.abc import Sequence

from shared.api.bodies.recognition import FindSimilarBody, IdentifyBody, VerifyBody
from shared.api.call import checked_collection, checked_uuid
from shared.api.versions import ApiVersion
from shared.faces.collections import LARGE_PERSON_GROUP, PERSON_GROUP, CollectionKey
from shared.faces.errors import BadArgument, BadIdentificationScope
from shared.faces.requests import MatchMode


def verification_group(body: VerifyBody) -> CollectionKey | None:
    """The group whose person is meant; None where two faces are compared.

    Raises:
        BadArgument: the members fit no form of verify.
    """
    faces = body.face_id1 is not None and body.face_id2 is not None
    person = body.face_id is not None and body.person_id is not None
    group, large = body.person_group_id, body.large_person_group_id
    if faces and not person and group is None and large is None:
        return None
    if person and body.face_id1 is None and body.face_id2 is None:
        if group is not None and large is None:
            return checked_collection(PERSON_GROUP, group)
        if large is not None and group is None:
            return checked_collection(LARGE_PERSON_GROUP, large)
    raise BadArgument(
        "Request body is invalid. Send faceId1 and faceId2, or faceId, personId and one of"
        " personGroupId and largePersonGroupId."
    )


def identification_scope(body: IdentifyBody, version: ApiVersion) -> CollectionKey:
    """The group that identify searches.

    Raises:
        BadIdentificationScope: there is not exactly one.
        BadArgument: its id is malformed.
    """
    scopes = [
        (kind, collection_id)
        for kind, collection_id in (
            (PERSON_GROUP, body.person_group_id),
            (LARGE_PERSON_GROUP, body.large_person_group_id),
        )
        if collection_id is not None
    ]
    names = "personGroupId or largePersonGroupId"
    if not scopes:
        raise BadIdentificationScope(f"Name one of {names}.", code=version.no_scope)
    if len(scopes) > 1:
        raise BadIdentificationScope(f"Name only one of {names}.", code=version.several_scopes)
    return checked_collection(*scopes[0])


def similarity_scope(body: FindSimilarBody) -> list[str]:
    """The faceIds that find similar looks at.

    Raises:
        BadArgument: there are none.
    """
    if body.face_ids is None:
        raise BadArgument("LargeFaceListId, faceListId and faceIds are all null.")
    return body.face_ids


def checked_face_ids(face_ids: Sequence[str], bounds: tuple[int, int]) -> list[str]:
    """FaceIds in their canonical form.

    Raises:
        BadArgument: they are too few, too many, or malformed.
    """
    low, high = bounds
    if not low <= len(face_ids) <= high:
        raise BadArgument("The length of faceIds is not in a valid range.")
    return [checked_uuid(face_id, "Face ID is invalid.") for face_id in face_ids]


def checked_count(given: int | None, bounds: tuple[int, int], *, default: int) -> int:
    """maxNumOfCandidatesReturned.

    Raises:
        BadArgument: it is out of range.
    """
    count = default if given is None else given
    if not bounds[0] <= count <= bounds[1]:
        raise BadArgument("The argument maxNumOfCandidatesReturned is not valid.")
    return count


def checked_threshold(given: float | None) -> float | None:
    """confidenceThreshold.

    Raises:
        BadArgument: it is not from 0 to 1.
    """
    if given is not None and not 0.0 <= given <= 1.0:
        raise BadArgument("The argument confidenceThreshold is not valid.")
    return given


def checked_mode(given: str | None) -> MatchMode:
    """Find similar's mode.

    Raises:
        BadArgument: there is no such mode.
    """
    if given is None:
        return MatchMode.PERSON
    if given not in tuple(MatchMode):
        raise BadArgument("Mode is invalid.")
    return MatchMode(given)
