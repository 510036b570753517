"""Persisted faces as documents: partitions, ids, bodies and iteration.

Ids are ``f.<personId>.<persistedFaceId>``: reading a prefix, bucket by bucket, yields faces in
order of person. A face of a list has its own id in place of the person's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.domain.values import Collection, PersistedFace
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import Document, DocumentContainer
from shared.storage.layout import BUCKETS
from shared.storage.records.embeddings import embedding_members, read_embedding

FACE_PREFIX = "f."
PERSON_PREFIX = "p."

FACES_PER_BATCH = 90
"""A person and this many faces, with embeddings of 512 numbers, fit into a batch's 2 MB."""


def partitions(incarnation: str, buckets: int) -> list[str]:
    """Every partition that may hold a collection's persons and faces, in order of person."""
    return [f"{incarnation}:{bucket}" for bucket in BUCKETS[:buckets]]


def partition_of(collection: Collection, person_id: str) -> str:
    """The partition of a person and its faces, or of a face in a list."""
    bucket = person_id[0] if collection.kind.buckets > 1 else BUCKETS[0]
    return f"{collection.incarnation}:{bucket}"


def partitions_from(collection: Collection, start: str) -> list[str]:
    """The partitions that may hold ids greater than ``start``, in order of id."""
    everything = partitions(collection.incarnation, collection.kind.buckets)
    if len(everything) == 1:
        return everything
    return [
        partition
        for partition, bucket in zip(everything, BUCKETS, strict=True)
        if bucket >= start[:1]
    ]


def person_document_id(person_id: str) -> str:
    """The id of a person's document."""
    return PERSON_PREFIX + person_id


def face_document_id(person_id: str, face_id: str) -> str:
    """The id of a face's document."""
    return f"{FACE_PREFIX}{person_id}.{face_id}"


def face_body(face: PersistedFace) -> dict[str, object]:
    """The body of a face's document."""
    return {"userData": face.user_data, **embedding_members(face.embedding)}


def read_face(document: Document) -> PersistedFace:
    """Decode a body made by ``face_body``."""
    person_id, face_id = document.key.id.removeprefix(FACE_PREFIX).split(".")
    return PersistedFace(
        persisted_face_id=face_id,
        person_id=person_id,
        embedding=read_embedding(document.body),
        user_data=document.body["userData"],
    )


def walk_faces(
    container: DocumentContainer, collection: Collection
) -> Iterator[Sequence[PersistedFace]]:
    """All faces of a collection in order of person, in pages."""
    for partition in partitions(collection.incarnation, collection.kind.buckets):
        for page in pages_of(container, partition, prefix=FACE_PREFIX):
            yield [read_face(document) for document in page]


def count_faces(container: DocumentContainer, collection: Collection) -> int:
    """The number of faces of a collection."""
    return sum(
        container.count(partition, prefix=FACE_PREFIX)
        for partition in partitions(collection.incarnation, collection.kind.buckets)
    )
