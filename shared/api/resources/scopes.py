"""Parses the arguments of verify, identify and find similar."""

from __future__ import annotations

from collections.abc import Sequence

from shared.api.bodies.recognition import FindSimilarBody, IdentifyBody, VerifyBody
from shared.api.call import checked_collection, checked_uuid
from shared.api.versions import ApiVersion
from shared.domain.collections import (
    DYNAMIC_PERSON_GROUP,
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKey,
)
from shared.domain.directory import DirectoryScope
from shared.domain.errors import BadArgument, BadIdentificationScope
from shared.domain.limits import FIND_SIMILAR_FACE_IDS, IDENTIFY_PERSON_IDS
from shared.domain.requests import MatchMode

_ALL_PERSONS = "*"


def verification_scope(body: VerifyBody) -> CollectionKey | DirectoryScope | None:
    """The person's group, or the directory; None if two faces are compared.

    Raises:
        BadArgument: the members match no form of verify.
    """
    faces = body.face_id1 is not None and body.face_id2 is not None
    person = body.face_id is not None and body.person_id is not None
    group, large = body.person_group_id, body.large_person_group_id
    if faces and not person and group is None and large is None:
        return None
    if person and body.face_id1 is None and body.face_id2 is None:
        if group is None and large is None:
            return DirectoryScope()
        if group is not None and large is None:
            return checked_collection(PERSON_GROUP, group)
        if large is not None and group is None:
            return checked_collection(LARGE_PERSON_GROUP, large)
    raise BadArgument(
        "Request body is invalid. Send faceId1 and faceId2, or faceId and personId with one or none"
        " of personGroupId and largePersonGroupId."
    )


def identification_scope(body: IdentifyBody, version: ApiVersion) -> CollectionKey | DirectoryScope:
    """The scope of identify: a trained group, or the directory.

    Raises:
        BadIdentificationScope: there is none, or more than one.
        BadArgument: an id is malformed, or there are too few or too many persons.
    """
    groups = [
        (kind, collection_id)
        for kind, collection_id in (
            (PERSON_GROUP, body.person_group_id),
            (LARGE_PERSON_GROUP, body.large_person_group_id),
            (DYNAMIC_PERSON_GROUP, body.dynamic_person_group_id),
        )
        if collection_id is not None
    ]
    named = len(groups) + (body.person_ids is not None)
    names = "personGroupId, largePersonGroupId, dynamicPersonGroupId and personIds"
    if named == 0:
        raise BadIdentificationScope(f"Name one of {names}.", code=version.no_scope)
    if named > 1:
        raise BadIdentificationScope(f"Name only one of {names}.", code=version.several_scopes)
    if body.person_ids is not None:
        return DirectoryScope(person_ids=_person_ids(body.person_ids))
    key = checked_collection(*groups[0])
    return DirectoryScope(group=key) if key.kind is DYNAMIC_PERSON_GROUP else key


def _person_ids(person_ids: Sequence[str]) -> tuple[str, ...] | None:
    """Some persons of the directory; None for all of them."""
    if list(person_ids) == [_ALL_PERSONS]:
        return None
    low, high = IDENTIFY_PERSON_IDS
    if not low <= len(person_ids) <= high:
        raise BadArgument("The length of personIds is not in a valid range.")
    checked = [checked_uuid(person_id, "Person ID is invalid.") for person_id in person_ids]
    return tuple(dict.fromkeys(checked))


def similarity_scope(body: FindSimilarBody) -> CollectionKey | list[str]:
    """The scope of find similar: a list, or faceIds.

    Raises:
        BadArgument: there is none, more than one, or one is malformed.
    """
    lists = [
        (kind, collection_id)
        for kind, collection_id in (
            (FACE_LIST, body.face_list_id),
            (LARGE_FACE_LIST, body.large_face_list_id),
        )
        if collection_id is not None
    ]
    named = len(lists) + (body.face_ids is not None)
    if named != 1:
        which = "all null" if named == 0 else "2 or more of them not null"
        raise BadArgument(
            "LargeFaceListId, faceListId and faceIds, not exactly one of them is valid;"
            f" they are {which}."
        )
    if body.face_ids is not None:
        return checked_face_ids(body.face_ids, FIND_SIMILAR_FACE_IDS)
    return checked_collection(*lists[0])


def checked_face_ids(face_ids: Sequence[str], bounds: tuple[int, int]) -> list[str]:
    """FaceIds in canonical form.

    Raises:
        BadArgument: they are too few, too many, or malformed.
    """
    low, high = bounds
    if not low <= len(face_ids) <= high:
        raise BadArgument("The length of faceIds is not in a valid range.")
    return [checked_uuid(face_id, "Face ID is invalid.") for face_id in face_ids]


def checked_count(given: int | None, bounds: tuple[int, int], *, default: int) -> int:
    """Validate maxNumOfCandidatesReturned.

    Raises:
        BadArgument: it is out of range.
    """
    count = default if given is None else given
    if not bounds[0] <= count <= bounds[1]:
        raise BadArgument("The argument maxNumOfCandidatesReturned is not valid.")
    return count


def checked_threshold(given: float | None) -> float | None:
    """Validate confidenceThreshold.

    Raises:
        BadArgument: it is not from 0 to 1.
    """
    if given is not None and not 0.0 <= given <= 1.0:
        raise BadArgument("The argument confidenceThreshold is not valid.")
    return given


def checked_mode(given: str | None) -> MatchMode:
    """Parse find similar's mode, which may come in any case.

    Raises:
        BadArgument: it is not a mode.
    """
    if given is None:
        return MatchMode.PERSON
    modes = {mode.lower(): mode for mode in MatchMode}
    if given.lower() not in modes:
        raise BadArgument("Mode is invalid.")
    return modes[given.lower()]
