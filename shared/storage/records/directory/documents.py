"""The person directory as documents: partitions, ids and bodies.

Everything about a person is in one partition, so that it can change in one batch:

==========================================  =====================================================
``p.<personId>``                            the person, with its faces' ids for each model
``f.<model>.<personId>.<persistedFaceId>``  one face
``g.<incarnation>.<personId>``              the person is in that dynamic group; or was, if it
                                            is marked ``gone``, for copies that follow changes
``r.<personId>.<groupId>,<incarnation>``    the same in the other direction
``x.<personId>``                            the person was deleted
==========================================  =====================================================

The first hex digit of the personId selects one of 16 partitions: reading them in order yields ids
in order, and together they hold 320 GB, some 75 million persons with three faces each. The comma
sorts before every character of group ids, so that references are in order of group id.
"""

from __future__ import annotations

from shared.domain.directory import DirectoryPerson, DynamicGroup
from shared.domain.values import PersistedFace
from shared.storage.documents.store import Document, Key
from shared.storage.layout import BUCKETS
from shared.storage.records.embeddings import embedding_members, read_embedding

PERSON_PREFIX = "p."
FACE_PREFIX = "f."
MEMBER_PREFIX = "g."
REFERENCE_PREFIX = "r."
DELETED_PREFIX = "x."

_DIRECTORY = "directory"
_AFTER_EVERY_INCARNATION = ",~"

PARTITIONS = tuple(f"{_DIRECTORY}:{bucket}" for bucket in BUCKETS)
"""Every partition of the directory, in order of personId."""


def partition_of(person_id: str) -> str:
    """The partition of a person and its documents."""
    return f"{_DIRECTORY}:{person_id[0]}"


def partitions_from(start: str) -> tuple[str, ...]:
    """The partitions that may hold personIds greater than ``start``, in order of id."""
    return tuple(
        partition
        for partition, bucket in zip(PARTITIONS, BUCKETS, strict=True)
        if bucket >= start[:1]
    )


def person_key(person_id: str) -> Key:
    """The key of a person's document."""
    return Key(partition_of(person_id), PERSON_PREFIX + person_id)


def face_key(model: str, person_id: str, face_id: str) -> Key:
    """The key of a face's document."""
    return Key(partition_of(person_id), f"{FACE_PREFIX}{model}.{person_id}.{face_id}")


def member_key(incarnation: str, person_id: str) -> Key:
    """The key of a membership's document."""
    return Key(partition_of(person_id), f"{MEMBER_PREFIX}{incarnation}.{person_id}")


def deleted_key(person_id: str) -> Key:
    """The key of a deletion mark."""
    return Key(partition_of(person_id), DELETED_PREFIX + person_id)


def reference_id(person_id: str, group: DynamicGroup) -> str:
    """The id of a person's reference to a group."""
    return f"{REFERENCE_PREFIX}{person_id}.{group.group_id},{group.incarnation}"


def reference_after(person_id: str, group_id: str) -> str:
    """The id after which a person's references to greater group ids follow."""
    if not group_id:
        return ""
    return f"{REFERENCE_PREFIX}{person_id}.{group_id}{_AFTER_EVERY_INCARNATION}"


def read_reference(document: Document) -> DynamicGroup:
    """The group that a person's reference names."""
    group_id, incarnation = document.key.id.rpartition(".")[2].split(",")
    return DynamicGroup(group_id, incarnation)


def person_body(person: DirectoryPerson) -> dict[str, object]:
    """The body of a person's document."""
    return {
        "name": person.name,
        "userData": person.user_data,
        "faces": {model: list(faces) for model, faces in person.faces.items()},
    }


def read_person(document: Document) -> DirectoryPerson:
    """Decode a body made by ``person_body``."""
    body = document.body
    return DirectoryPerson(
        person_id=document.key.id.removeprefix(PERSON_PREFIX),
        name=body["name"],
        user_data=body["userData"],
        faces={model: tuple(faces) for model, faces in body["faces"].items()},
    )


def face_body(face: PersistedFace) -> dict[str, object]:
    """The body of a face's document."""
    return {"userData": face.user_data, **embedding_members(face.embedding)}


def read_face(document: Document) -> PersistedFace:
    """Decode a body made by ``face_body``."""
    _, person_id, face_id = document.key.id.rsplit(".", 2)
    return PersistedFace(
        persisted_face_id=face_id,
        person_id=person_id,
        embedding=read_embedding(document.body),
        user_data=document.body["userData"],
    )
