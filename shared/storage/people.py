"""Persons and persisted faces of a collection.

A person and its faces share a partition, so that `persistedFaceIds` and the faces change together.
Ids are ``p.<personId>`` and ``f.<personId>.<persistedFaceId>``: a walk over either prefix, bucket
by bucket, is in order of person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from shared.faces.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentMissing,
    PersistedFaceNotFound,
    PersonNotFound,
    QuotaExceeded,
)
from shared.faces.limits import FACES_PER_PERSON
from shared.faces.values import Collection, PersistedFace, Person
from shared.storage.documents import (
    MAXIMUM_BATCH_OPERATIONS,
    Create,
    Delete,
    Document,
    DocumentContainer,
    Key,
    Operation,
    Replace,
)
from shared.storage.embeddings import embedding_members, read_embedding

_PERSON_PREFIX = "p."
_FACE_PREFIX = "f."
_SIXTEEN = "0123456789abcdef"
_ATTEMPTS = 20
_PAGE = 1_000


class People:
    """Reads and writes the persons and persisted faces of collections."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def create(self, collection: Collection, person: Person) -> None:
        """Store a new person, without faces.

        Raises:
            DocumentExists: the id is taken.
        """
        self._container.create(_person_key(collection, person.person_id), _person_body(person))

    def get(self, collection: Collection, person_id: str) -> Person:
        """The person.

        Raises:
            PersonNotFound: there is none.
        """
        return _person(self._document(collection, person_id))

    def page(self, collection: Collection, *, start: str, top: int) -> list[Person]:
        """Up to ``top`` persons with ids greater than ``start``, in order of id."""
        persons: list[Person] = []
        for bucket in _buckets(collection):
            if collection.kind.buckets > 1 and bucket < start[:1]:
                continue
            documents = self._container.page(
                f"{collection.incarnation}:{bucket}",
                prefix=_PERSON_PREFIX,
                after=_PERSON_PREFIX + start,
                limit=top - len(persons),
            )
            persons.extend(_person(document) for document in documents)
            if len(persons) == top:
                break
        return persons

    def update(
        self, collection: Collection, person_id: str, change: Callable[[Person], Person]
    ) -> None:
        """Replace a person by what ``change`` makes of it.

        Raises:
            PersonNotFound: there is none (any more).
            ConcurrentOperation: others were faster every time.
        """

        def operations(document: Document) -> list[Operation]:
            person = change(_person(document))
            return [Replace(document.key.id, _person_body(person), document.etag)]

        self._write(collection, person_id, operations)

    def delete(self, collection: Collection, person_id: str) -> None:
        """Remove a person and its faces; from the first step on the person does not exist.

        Raises:
            PersonNotFound: there is none (any more).
            ConcurrentOperation: others were faster every time.
        """
        faces: list[str] = []

        def operations(document: Document) -> list[Operation]:
            faces[:] = [_face_id(person_id, face) for face in document.body["persistedFaceIds"]]
            first = [Delete(face) for face in faces[: MAXIMUM_BATCH_OPERATIONS - 1]]
            return [Delete(document.key.id, document.etag), *first]

        self._write(collection, person_id, operations)
        partition = _partition(collection, person_id)
        for begin in range(MAXIMUM_BATCH_OPERATIONS - 1, len(faces), MAXIMUM_BATCH_OPERATIONS):
            chunk = faces[begin : begin + MAXIMUM_BATCH_OPERATIONS]
            self._container.batch(partition, [Delete(face) for face in chunk])

    def add_face(self, collection: Collection, face: PersistedFace) -> None:
        """Store a face and list it with its person, in one step.

        Raises:
            PersonNotFound: there is no such person (any more).
            QuotaExceeded: the person has 248 faces.
            ConcurrentOperation: others were faster every time.
        """

        def operations(document: Document) -> list[Operation]:
            person = _person(document)
            if len(person.persisted_face_ids) >= FACES_PER_PERSON:
                raise QuotaExceeded("Persisted face number reached limit.")
            listed = (*person.persisted_face_ids, face.persisted_face_id)
            return [
                Replace(
                    document.key.id,
                    _person_body(replace(person, persisted_face_ids=listed)),
                    document.etag,
                ),
                Create(_face_id(face.person_id, face.persisted_face_id), _face_body(face)),
            ]

        self._write(collection, face.person_id, operations)

    def get_face(self, collection: Collection, person_id: str, face_id: str) -> PersistedFace:
        """A person's face.

        Raises:
            PersonNotFound: there is no such person.
            PersistedFaceNotFound: the person has no such face.
        """
        return _face(self._face_document(collection, person_id, face_id))

    def faces(self, collection: Collection, person: Person) -> list[PersistedFace]:
        """All faces of a person."""
        partition = _partition(collection, person.person_id)
        keys = [
            Key(partition, _face_id(person.person_id, face)) for face in person.persisted_face_ids
        ]
        return [_face(found) for found in self._container.get_many(keys) if found is not None]

    def update_face(
        self, collection: Collection, person_id: str, face_id: str, user_data: str | None
    ) -> None:
        """Set a face's userData.

        Raises:
            PersonNotFound: there is no such person.
            PersistedFaceNotFound: the person has no such face (any more).
            ConcurrentOperation: others were faster every time.
        """
        for _ in range(_ATTEMPTS):
            document = self._face_document(collection, person_id, face_id)
            body = {**document.body, "userData": user_data}
            try:
                self._container.replace(document.key, body, etag=document.etag)
            except (DocumentChanged, DocumentMissing):
                continue
            return
        raise ConcurrentOperation(face_id)

    def delete_face(self, collection: Collection, person_id: str, face_id: str) -> None:
        """Remove a face and take it off its person's list, in one step.

        Raises:
            PersonNotFound: there is no such person (any more).
            PersistedFaceNotFound: the person has no such face (any more).
            ConcurrentOperation: others were faster every time.
        """

        def operations(document: Document) -> list[Operation]:
            person = _person(document)
            if face_id not in person.persisted_face_ids:
                raise _face_missing(face_id)
            left = tuple(face for face in person.persisted_face_ids if face != face_id)
            return [
                Replace(
                    document.key.id,
                    _person_body(replace(person, persisted_face_ids=left)),
                    document.etag,
                ),
                Delete(_face_id(person_id, face_id)),
            ]

        self._write(collection, person_id, operations)

    def walk_faces(self, collection: Collection) -> Iterator[Sequence[PersistedFace]]:
        """All faces of the collection in order of person, in pages; what training reads."""
        for bucket in _buckets(collection):
            partition, after = f"{collection.incarnation}:{bucket}", ""
            while documents := self._container.page(
                partition, prefix=_FACE_PREFIX, after=after, limit=_PAGE
            ):
                yield [_face(document) for document in documents]
                after = documents[-1].key.id

    def count_faces(self, collection: Collection) -> int:
        """How many faces the collection has."""
        return sum(
            self._container.count(f"{collection.incarnation}:{bucket}", prefix=_FACE_PREFIX)
            for bucket in _buckets(collection)
        )

    def _write(
        self,
        collection: Collection,
        person_id: str,
        operations: Callable[[Document], list[Operation]],
    ) -> None:
        """Apply a batch that was made from the person's document as it is, again if it changed."""
        for _ in range(_ATTEMPTS):
            document = self._document(collection, person_id)
            try:
                self._container.batch(document.key.partition, operations(document))
            except (DocumentChanged, DocumentMissing):
                continue
            return
        raise ConcurrentOperation(person_id)

    def _document(self, collection: Collection, person_id: str) -> Document:
        document = self._container.get(_person_key(collection, person_id))
        if document is None:
            raise PersonNotFound(f"Person {person_id} is not found.")
        return document

    def _face_document(self, collection: Collection, person_id: str, face_id: str) -> Document:
        key = Key(_partition(collection, person_id), _face_id(person_id, face_id))
        document = self._container.get(key)
        if document is None:
            self._document(collection, person_id)
            raise _face_missing(face_id)
        return document


def partitions(incarnation: str, buckets: int) -> list[str]:
    """Every partition in which a collection's persons and faces may be."""
    return [f"{incarnation}:{bucket}" for bucket in _SIXTEEN[:buckets]]


def _buckets(collection: Collection) -> str:
    return _SIXTEEN[: collection.kind.buckets]


def _partition(collection: Collection, person_id: str) -> str:
    bucket = person_id[0] if collection.kind.buckets > 1 else _SIXTEEN[0]
    return f"{collection.incarnation}:{bucket}"


def _person_key(collection: Collection, person_id: str) -> Key:
    return Key(_partition(collection, person_id), _PERSON_PREFIX + person_id)


def _face_id(person_id: str, face_id: str) -> str:
    return f"{_FACE_PREFIX}{person_id}.{face_id}"


def _face_missing(face_id: str) -> PersistedFaceNotFound:
    return PersistedFaceNotFound(f"Persisted face {face_id} is not found.")


def _person_body(person: Person) -> dict[str, object]:
    return {
        "name": person.name,
        "userData": person.user_data,
        "persistedFaceIds": list(person.persisted_face_ids),
    }


def _person(document: Document) -> Person:
    body = document.body
    return Person(
        person_id=document.key.id.removeprefix(_PERSON_PREFIX),
        name=body["name"],
        user_data=body["userData"],
        persisted_face_ids=tuple(body["persistedFaceIds"]),
    )


def _face_body(face: PersistedFace) -> dict[str, object]:
    return {"userData": face.user_data, **embedding_members(face.embedding)}


def _face(document: Document) -> PersistedFace:
    person_id, face_id = document.key.id.removeprefix(_FACE_PREFIX).split(".")
    return PersistedFace(
        persisted_face_id=face_id,
        person_id=person_id,
        embedding=read_embedding(document.body),
        user_data=document.body["userData"],
    )
