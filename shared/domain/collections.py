"""The kinds of collection that hold persisted faces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CollectionKind:
    """One kind of collection.

    Attributes:
        name: the stem of its error codes, as in ``PersonGroupNotFound``.
        title: what messages call it, as in "Person group is not found."
        segment: its path segment, as in ``/persongroups``.
        id_name: the name of its id on the wire, as in ``personGroupId``.
        buckets: how many partitions its people are spread over, 1 or 16. Sixteen are told apart by
            the first hex digit of the person's id (of the face's in a list), so that walking them
            in order is id order.
        absent: how the message ends that is given where there is none.
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
"""Holds no faces of its own: it refers to persons of the directory."""

PERSON_COLLECTIONS = (PERSON_GROUP, LARGE_PERSON_GROUP)
FACE_COLLECTIONS = (FACE_LIST, LARGE_FACE_LIST)
TRAINED_COLLECTIONS = (PERSON_GROUP, LARGE_PERSON_GROUP, LARGE_FACE_LIST)
"""What is searched as of its last training; a face list is searched as it is."""

COLLECTIONS = (*PERSON_COLLECTIONS, *FACE_COLLECTIONS)
KINDS = {kind.name: kind for kind in (*COLLECTIONS, DYNAMIC_PERSON_GROUP)}


@dataclass(frozen=True, slots=True)
class CollectionKey:
    """Which collection: its kind and its id."""

    kind: CollectionKind
    collection_id: str
