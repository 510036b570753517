"""The kinds of collection that hold persisted faces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CollectionKind:
    """A kind of collection.

    Attributes:
        name: prefix of its error codes, as in ``PersonGroupNotFound``.
        title: its name in messages, as in "Person group is not found."
        segment: its path segment, as in ``/persongroups``.
        id_name: the JSON name of its id, as in ``personGroupId``.
        buckets: number of partitions that its people are spread over, 1 or 16. With 16, the first
            hex digit of the person's id (in a list, of the face's) selects the partition, so that
            reading partitions in order yields ids in order.
        absent: ending of the message for a collection that does not exist.
    """

    name: str
    title: str
    segment: str
    id_name: str
    buckets: int
    absent: str = "is not found."


PERSON_GROUP = CollectionKind("PersonGroup", "Person group", "persongroups", "personGroupId", 1)
LARGE_PERSON_GROUP = CollectionKind(
    "LargePersonGroup", "Large person group", "largepersongroups", "largePersonGroupId", 16
)
FACE_LIST = CollectionKind("FaceList", "Face list", "facelists", "faceListId", 1)
LARGE_FACE_LIST = CollectionKind(
    "LargeFaceList", "Large face list", "largefacelists", "largeFaceListId", 16
)
DYNAMIC_PERSON_GROUP = CollectionKind(
    "DynamicPersonGroup",
    "Dynamic person group",
    "dynamicpersongroups",
    "dynamicPersonGroupId",
    16,
    "was not found.",
)
"""Refers to persons of the directory and holds no faces itself."""

PERSON_COLLECTIONS = (PERSON_GROUP, LARGE_PERSON_GROUP)
FACE_COLLECTIONS = (FACE_LIST, LARGE_FACE_LIST)
TRAINED_COLLECTIONS = (PERSON_GROUP, LARGE_PERSON_GROUP, LARGE_FACE_LIST)
"""The kinds that searches see as of their last training; a face list is searched directly."""

COLLECTIONS = (*PERSON_COLLECTIONS, *FACE_COLLECTIONS)
KINDS = {kind.name: kind for kind in (*COLLECTIONS, DYNAMIC_PERSON_GROUP)}


@dataclass(frozen=True, slots=True)
class CollectionKey:
    """Kind and id of a collection."""

    kind: CollectionKind
    collection_id: str
