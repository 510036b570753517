"""Persisted faces as documents: where they live, how they are written, how they are walked.

Ids are ``f.<personId>.<persistedFaceId>``: a walk over the prefix, bucket by bucket, is in order of
person. In a list each face stands for itself: it takes the place of the person too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.domain.values import Collection, PersistedFace
from shared.storage.documents.store import Document, DocumentContainer
from shared.storage.records.embeddings import embedding_members, read_embedding

FACE_PREFIX = "f."
_SIXTEEN = "0123456789abcdef"
_PAGE = 1_000


def partitions(incarnation: str, buckets: int) -> list[str]:
    """Every partition in which a collection's persons and faces may be, in order of person."""
    return [f"{incarnation}:{bucket}" for bucket in _SIXTEEN[:buckets]]


def partition_of(collection: Collection, person_id: str) -> str:
    """The partition of a person and its faces; of a face in a list."""
    bucket = person_id[0] if collection.kind.buckets > 1 else _SIXTEEN[0]
    return f"{collection.incarnation}:{bucket}"


def partitions_from(collection: Collection, start: str) -> list[str]:
    """The partitions that may hold ids greater than ``start``, in order of id."""
    everything = partitions(collection.incarnation, collection.kind.buckets)
    if len(everything) == 1:
        return everything
    return [
        partition
        for partition, bucket in zip(everything, _SIXTEEN, strict=True)
        if bucket >= start[:1]
    ]


def face_document_id(person_id: str, face_id: str) -> str:
    """The id of a face's document."""
    return f"{FACE_PREFIX}{person_id}.{face_id}"


def face_body(face: PersistedFace) -> dict[str, object]:
    """A face as it is stored."""
    return {"userData": face.user_data, **embedding_members(face.embedding)}


def read_face(document: Document) -> PersistedFace:
    """The face that ``face_body`` wrote."""
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
        after = ""
        while documents := container.page(partition, prefix=FACE_PREFIX, after=after, limit=_PAGE):
            yield [read_face(document) for document in documents]
            after = documents[-1].key.id


def count_faces(container: DocumentContainer, collection: Collection) -> int:
    """How many faces a collection has."""
    return sum(
        container.count(partition, prefix=FACE_PREFIX)
        for partition in partitions(collection.incarnation, collection.kind.buckets)
    )
