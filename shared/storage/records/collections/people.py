"""Persons and persisted faces of a collection: created, read and updated.

A person and its faces share a partition, so that `persistedFaceIds` and the faces change together.
The ids of both are those of `face_documents.py`. `deletions.py` deletes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from shared.domain.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentExists,
    DocumentMissing,
    PersistedFaceLimitReached,
    PersistedFaceNotFound,
    PersonNotFound,
)
from shared.domain.limits import FACES_PER_PERSON
from shared.domain.values import Collection, PersistedFace, Person
from shared.storage.documents.batches import BatchPacker
from shared.storage.documents.store import (
    MAXIMUM_KEYS,
    Create,
    Document,
    DocumentContainer,
    Key,
    Operation,
    Replace,
)
from shared.storage.records.collections.name_claims import NameClaims
from shared.storage.records.collections.person_documents import person_body, read_person
from shared.storage.records.face_documents import (
    FACES_PER_BATCH,
    PERSON_PREFIX,
    count_faces,
    face_body,
    face_document_id,
    partition_of,
    partitions,
    partitions_from,
    person_document_id,
    read_face,
    walk_faces,
)
from shared.storage.records.requests import receipts

_ATTEMPTS = 20


class People:
    """Reads and writes the persons and persisted faces of collections."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container
        self._names = NameClaims(container)

    def create(self, collection: Collection, person: Person) -> None:
        """Store a new person, without faces.

        Raises:
            DocumentExists: the id is taken, or an earlier attempt of the same request used it.
        """
        key = person_key(collection, person.person_id)
        receipts.refuse_repetition(self._container, key.partition, person.person_id)
        self._names.register(collection, person.name, person.person_id)
        receipts.create_once(self._container, key, person_body(person), person.person_id)

    def was_created(self, collection: Collection, person_id: str, identifier: str) -> bool:
        """Whether an earlier attempt of a repeated request created this person, or a face of it."""
        partition = partition_of(collection, person_id)
        return receipts.was_created(self._container, partition, identifier)

    def create_missing(self, collection: Collection, persons: Sequence[Person]) -> list[bool]:
        """Store new persons, without faces, up to 1,000 concurrently.

        Returns:
            For each whether it was created; False if its id is taken, which changes nothing.
        """
        for person in persons:
            self._names.register(collection, person.name, person.person_id)
        new = [(person_key(collection, one.person_id), person_body(one)) for one in persons]
        return [
            created
            for begin in range(0, len(new), MAXIMUM_KEYS)
            for created in self._container.create_many(new[begin : begin + MAXIMUM_KEYS])
        ]

    def create_all(
        self, collection: Collection, persons: Iterable[tuple[Person, Sequence[PersistedFace]]]
    ) -> None:
        """Store new persons together with the faces that they list, many in one step.

        Only each person with its faces is atomic.

        Raises:
            DocumentExists: an id is taken.
            ValueError: a person has more faces than a batch takes, 99.
        """
        packer = BatchPacker(self._container)
        for person, faces in persons:
            self._names.register(collection, person.name, person.person_id)
            key = person_key(collection, person.person_id)
            operations: list[Operation] = [Create(key.id, person_body(person))]
            for face in faces:
                name = face_document_id(face.person_id, face.persisted_face_id)
                operations.append(Create(name, face_body(face)))
            packer.add(key.partition, operations)
        packer.finish()

    def get(self, collection: Collection, person_id: str) -> Person:
        """The person.

        Raises:
            PersonNotFound: there is none.
        """
        return read_person(self._document(collection, person_id))

    def find_many(self, collection: Collection, person_ids: Sequence[str]) -> list[Person | None]:
        """Any number of persons in the order of the ids; None for those that do not exist."""
        found: list[Person | None] = []
        for begin in range(0, len(person_ids), MAXIMUM_KEYS):
            some = person_ids[begin : begin + MAXIMUM_KEYS]
            keys = [person_key(collection, person_id) for person_id in some]
            documents = self._container.get_many(keys)
            found += [None if one is None else read_person(one) for one in documents]
        return found

    def page(self, collection: Collection, *, start: str, top: int) -> list[Person]:
        """Up to ``top`` persons with ids greater than ``start``, in order of id."""
        persons: list[Person] = []
        for partition in partitions_from(collection, start):
            documents = self._container.page(
                partition,
                prefix=PERSON_PREFIX,
                after=PERSON_PREFIX + start,
                limit=top - len(persons),
            )
            persons.extend(read_person(document) for document in documents)
            if len(persons) == top:
                break
        return persons

    def update(
        self, collection: Collection, person_id: str, change: Callable[[Person], Person]
    ) -> None:
        """Replace a person by the result of ``change``.

        Raises:
            PersonNotFound: it does not exist or was deleted.
            ConcurrentOperation: other requests changed the person at every attempt.
        """

        def operations(document: Document) -> list[Operation]:
            person = change(read_person(document))
            return [Replace(document.key.id, person_body(person), document.etag)]

        self._write(collection, person_id, operations)

    def add_face(
        self,
        collection: Collection,
        face: PersistedFace,
        *,
        maximum: int = FACES_PER_PERSON,
        verify: Callable[[], None] | None = None,
    ) -> None:
        """Store a face and list it with its person, in one step.

        Args:
            maximum: number of faces of the person.
            verify: called after the person is read and before the write, which fails if the
                person's faces changed in between; its exceptions prevent the write.

        Raises:
            PersonNotFound: the person does not exist or was deleted.
            DocumentExists: an earlier attempt of the same request added the face; with ``verify``:
                the person has the face.
            QuotaExceeded: the person has the maximum number of faces.
            ConcurrentOperation: other requests changed the person at every attempt.
        """

        def operations(document: Document) -> list[Operation]:
            if verify is not None:
                if face.persisted_face_id in document.body["persistedFaceIds"]:
                    raise DocumentExists(face.persisted_face_id)
                verify()
            partition, face_id = document.key.partition, face.persisted_face_id
            receipts.refuse_repetition(self._container, partition, face_id)
            return [*_additions(face.person_id, [face], maximum, document), *receipts.of(face_id)]

        self._write(collection, face.person_id, operations)

    def add_faces(
        self,
        collection: Collection,
        person_id: str,
        faces: Sequence[PersistedFace],
        *,
        maximum: int = FACES_PER_PERSON,
    ) -> int:
        """Store the faces that a person does not list yet; returns their number.

        Up to 90 are stored in one step.

        Raises:
            PersonNotFound, QuotaExceeded, ConcurrentOperation: as ``add_face``.
        """
        added = 0
        for begin in range(0, len(faces), FACES_PER_BATCH):
            some = faces[begin : begin + FACES_PER_BATCH]
            operations = partial(_additions, person_id, some, maximum)
            added += self._write(collection, person_id, operations) - 1
        return added

    def get_face(self, collection: Collection, person_id: str, face_id: str) -> PersistedFace:
        """A person's face.

        Raises:
            PersonNotFound: there is no such person.
            PersistedFaceNotFound: the person has no such face.
        """
        return read_face(self._person_and_face(collection, person_id, face_id)[1])

    def faces(self, collection: Collection, *persons: Person) -> list[PersistedFace]:
        """All faces of some persons, in their order."""
        keys = [
            Key(partition_of(collection, one.person_id), face_document_id(one.person_id, face))
            for one in persons
            for face in one.persisted_face_ids
        ]
        faces: list[PersistedFace] = []
        for begin in range(0, len(keys), MAXIMUM_KEYS):
            found = self._container.get_many(keys[begin : begin + MAXIMUM_KEYS])
            faces += [read_face(document) for document in found if document is not None]
        return faces

    def update_face(
        self, collection: Collection, person_id: str, face_id: str, user_data: str | None
    ) -> None:
        """Set a face's userData.

        Raises:
            PersonNotFound: there is no such person.
            PersistedFaceNotFound: the face does not exist or was deleted.
            ConcurrentOperation: other requests changed the face at every attempt.
        """
        for _ in range(_ATTEMPTS):
            _, document = self._person_and_face(collection, person_id, face_id)
            body = {**document.body, "userData": user_data}
            try:
                self._container.replace(document.key, body, etag=document.etag)
            except (DocumentChanged, DocumentMissing):
                continue
            return
        raise ConcurrentOperation(face_id)

    def walk_faces(self, collection: Collection) -> Iterator[Sequence[PersistedFace]]:
        """All faces of the collection in order of person, in pages."""
        return walk_faces(self._container, collection)

    def count_faces(self, collection: Collection) -> int:
        """The number of faces of the collection."""
        return count_faces(self._container, collection)

    def count_persons(self, collection: Collection) -> int:
        """The number of persons of the collection."""
        return sum(
            self._container.count(partition, prefix=PERSON_PREFIX)
            for partition in partitions(collection.incarnation, collection.kind.buckets)
        )

    def _write(
        self,
        collection: Collection,
        person_id: str,
        operations: Callable[[Document], list[Operation]],
    ) -> int:
        """Apply a batch made from the person's document; tried again if that changed meanwhile.

        Returns:
            The number of operations of the batch.
        """
        for _ in range(_ATTEMPTS):
            document = self._document(collection, person_id)
            batch = operations(document)
            try:
                self._container.batch(document.key.partition, batch)
            except (DocumentChanged, DocumentMissing):
                continue
            return len(batch)
        raise ConcurrentOperation(person_id)

    def _document(self, collection: Collection, person_id: str) -> Document:
        document = self._container.get(person_key(collection, person_id))
        if document is None:
            raise PersonNotFound.of(person_id)
        return document

    def _person_and_face(
        self, collection: Collection, person_id: str, face_id: str
    ) -> tuple[Document, Document]:
        """A person and a face that it lists: the face of a deleted person may still be stored."""
        partition = partition_of(collection, person_id)
        person, face = self._container.get_many(
            [
                person_key(collection, person_id),
                Key(partition, face_document_id(person_id, face_id)),
            ]
        )
        if person is None:
            raise PersonNotFound.of(person_id)
        if face is None or face_id not in person.body["persistedFaceIds"]:
            raise PersistedFaceNotFound.of(face_id)
        return person, face


def person_key(collection: Collection, person_id: str) -> Key:
    """The key of a person's document."""
    return Key(partition_of(collection, person_id), person_document_id(person_id))


def _additions(
    person_id: str, faces: Sequence[PersistedFace], maximum: int, document: Document
) -> list[Operation]:
    """The batch that adds the faces that a person does not list yet."""
    person = read_person(document)
    new = [one for one in faces if one.persisted_face_id not in person.persisted_face_ids]
    listed = (*person.persisted_face_ids, *(one.persisted_face_id for one in new))
    if new and len(listed) > maximum:
        raise PersistedFaceLimitReached
    body = person_body(replace(person, persisted_face_ids=listed))
    creations = [
        Create(face_document_id(person_id, one.persisted_face_id), face_body(one)) for one in new
    ]
    return [Replace(document.key.id, body, document.etag), *creations]
