"""Persons of the directory and their faces; all documents of a person are in one partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from shared.domain.directory import DirectoryPerson
from shared.domain.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentMissing,
    PersistedFaceLimitReached,
    PersistedFaceNotFound,
    PersonNotFound,
)
from shared.domain.values import PersistedFace
from shared.storage.documents.batches import BatchPacker
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import (
    MAXIMUM_KEYS,
    Create,
    Delete,
    Document,
    DocumentContainer,
    Operation,
    Replace,
)
from shared.storage.records.directory.documents import (
    FACE_PREFIX,
    PARTITIONS,
    PERSON_PREFIX,
    face_body,
    face_key,
    partitions_from,
    person_body,
    person_key,
    read_face,
    read_person,
)
from shared.storage.records.face_documents import FACES_PER_BATCH
from shared.storage.records.requests import receipts

_ATTEMPTS = 20


class DirectoryPeople:
    """Reads and writes persons and their faces; `DirectoryDeletions` deletes persons."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def create(self, person: DirectoryPerson) -> None:
        """Store a new person without faces.

        Raises:
            DocumentExists: the id exists, or its request has already created the person.
        """
        key = person_key(person.person_id)
        receipts.create_once(self._container, key, person_body(person), person.person_id)

    def was_created(self, person_id: str, identifier: str) -> bool:
        """Whether a repeated request has already created this person, or this face of it."""
        return receipts.was_created(self._container, person_key(person_id).partition, identifier)

    def create_missing(self, persons: Sequence[DirectoryPerson]) -> list[bool]:
        """Store new persons without faces, up to 1,000 concurrently.

        Returns:
            For each, whether it was created; False if its id exists, and then nothing changes.
        """
        new = [(person_key(one.person_id), person_body(one)) for one in persons]
        return [
            created
            for begin in range(0, len(new), MAXIMUM_KEYS)
            for created in self._container.create_many(new[begin : begin + MAXIMUM_KEYS])
        ]

    def create_all(
        self, persons: Iterable[tuple[DirectoryPerson, Sequence[tuple[str, PersistedFace]]]]
    ) -> None:
        """Store new persons together with the faces that they list, many at a time.

        Only each person with its faces is stored atomically.

        Args:
            persons: each with its faces, up to 90, and their recognition models.

        Raises:
            DocumentExists: an id is taken.
        """
        packer = BatchPacker(self._container)
        for person, faces in persons:
            key = person_key(person.person_id)
            operations: list[Operation] = [Create(key.id, person_body(person))]
            for model, face in faces:
                place = face_key(model, face.person_id, face.persisted_face_id)
                operations.append(Create(place.id, face_body(face)))
            packer.add(key.partition, operations)
        packer.finish()

    def get(self, person_id: str) -> DirectoryPerson:
        """Read a person.

        Raises:
            PersonNotFound: it does not exist.
        """
        return read_person(self._document(person_id))

    def find_many(self, person_ids: Sequence[str]) -> list[DirectoryPerson | None]:
        """Any number of persons in the order of the ids; None for those that do not exist."""
        found: list[DirectoryPerson | None] = []
        for begin in range(0, len(person_ids), MAXIMUM_KEYS):
            keys = [person_key(person_id) for person_id in person_ids[begin : begin + MAXIMUM_KEYS]]
            documents = self._container.get_many(keys)
            found += [None if one is None else read_person(one) for one in documents]
        return found

    def page(self, *, start: str, top: int) -> list[DirectoryPerson]:
        """Up to ``top`` persons with ids greater than ``start``, in order of id."""
        persons: list[DirectoryPerson] = []
        for partition in partitions_from(start):
            after = PERSON_PREFIX + start
            while len(persons) < top:
                documents = self._container.page(
                    partition, prefix=PERSON_PREFIX, after=after, limit=top - len(persons)
                )
                if not documents:
                    break
                persons.extend(read_person(document) for document in documents)
                after = documents[-1].key.id
        return persons

    def count(self) -> int:
        """The number of persons."""
        return sum(
            self._container.count(partition, prefix=PERSON_PREFIX) for partition in PARTITIONS
        )

    def update(
        self, person_id: str, change: Callable[[DirectoryPerson], DirectoryPerson]
    ) -> DirectoryPerson:
        """Update a person with ``change``; returns the updated person.

        Raises:
            PersonNotFound: it does not exist.
            ConcurrentOperation: concurrent requests changed the person on every attempt.
        """
        return self._write(person_id, change)

    def add_face(self, model: str, face: PersistedFace, *, maximum: int) -> None:
        """Store a face and list it with its person, in one batch.

        Args:
            maximum: maximum number of faces of the person for the model.

        Raises:
            PersonNotFound: the person does not exist.
            DocumentExists: the request that has the face's id has already created it.
            QuotaExceeded: the person has the maximum number of faces.
            ConcurrentOperation: concurrent requests changed the person on every attempt.
        """
        self._add_some(model, face.person_id, [face], maximum)

    def add_faces(
        self, model: str, person_id: str, faces: Sequence[PersistedFace], *, maximum: int
    ) -> int:
        """Store the faces that a person does not list yet; returns their number.

        Up to 90 are stored in one batch.

        Raises:
            PersonNotFound, QuotaExceeded, ConcurrentOperation: like ``add_face``.
        """
        return sum(
            self._add_some(model, person_id, faces[begin : begin + FACES_PER_BATCH], maximum)
            for begin in range(0, len(faces), FACES_PER_BATCH)
        )

    def get_face(self, model: str, person_id: str, face_id: str) -> PersistedFace:
        """Read a person's face.

        Raises:
            PersonNotFound: the person does not exist.
            PersistedFaceNotFound: the person has no such face for the model.
        """
        return read_face(self._person_and_face(model, person_id, face_id)[1])

    def update_face(self, model: str, person_id: str, face_id: str, user_data: str | None) -> None:
        """Set or clear a face's userData.

        Raises:
            PersonNotFound: the person does not exist.
            PersistedFaceNotFound: the person does not have the face for the model.
            ConcurrentOperation: concurrent requests changed the person on every attempt.
        """
        for _ in range(_ATTEMPTS):
            person, face = self._person_and_face(model, person_id, face_id)
            operations = [
                # Rewriting the person ensures that nothing is written for one that is being
                # deleted.
                Replace(person.key.id, person.body, person.etag),
                Replace(face.key.id, {**face.body, "userData": user_data}, face.etag),
            ]
            try:
                self._container.batch(person.key.partition, operations)
            except (DocumentChanged, DocumentMissing):
                continue
            return
        raise ConcurrentOperation(face_id)

    def delete_face(self, model: str, person_id: str, face_id: str) -> None:
        """Delete a face and remove it from its person's list, in one batch.

        Raises:
            PersonNotFound: the person does not exist.
            PersistedFaceNotFound: the person does not have the face for the model.
            ConcurrentOperation: concurrent requests changed the person on every attempt.
        """

        def unlisted(person: DirectoryPerson) -> DirectoryPerson:
            faces = person.faces_for(model)
            if face_id not in faces:
                raise PersistedFaceNotFound.of(face_id)
            return _with_faces(person, model, tuple(face for face in faces if face != face_id))

        key = face_key(model, person_id, face_id)
        self._write(person_id, unlisted, [Delete(key.id)])

    def faces(
        self, model: str, persons: Sequence[DirectoryPerson]
    ) -> Iterator[Sequence[PersistedFace]]:
        """The faces of any number of persons, in their order, up to 1,000 at a time."""
        keys = [
            face_key(model, person.person_id, face_id)
            for person in persons
            for face_id in person.faces_for(model)
        ]
        for begin in range(0, len(keys), MAXIMUM_KEYS):
            found = self._container.get_many(keys[begin : begin + MAXIMUM_KEYS])
            yield [read_face(document) for document in found if document is not None]

    def walk_faces(self, model: str, partition: str) -> Iterator[Sequence[PersistedFace]]:
        """All faces of a partition in order of person, up to 1,000 at a time.

        Faces of a person that has just been deleted may be among them.
        """
        for page in pages_of(self._container, partition, prefix=f"{FACE_PREFIX}{model}."):
            yield [read_face(document) for document in page]

    def _add_some(
        self, model: str, person_id: str, faces: Sequence[PersistedFace], maximum: int
    ) -> int:
        for _ in range(_ATTEMPTS):
            document = self._document(person_id)
            for face in faces:
                partition = document.key.partition
                receipts.refuse_repetition(self._container, partition, face.persisted_face_id)
            person = read_person(document)
            listed = person.faces_for(model)
            new = [one for one in faces if one.persisted_face_id not in listed]
            if new and len(listed) + len(new) > maximum:
                raise PersistedFaceLimitReached
            ids = (*listed, *(one.persisted_face_id for one in new))
            body = person_body(_with_faces(person, model, ids))
            creations = [
                Create(face_key(model, person_id, one.persisted_face_id).id, face_body(one))
                for one in new
            ]
            beside = [one for face in new for one in receipts.of(face.persisted_face_id)]
            first = Replace(document.key.id, body, document.etag)
            batch: list[Operation] = [first, *creations, *beside]
            try:
                self._container.batch(document.key.partition, batch)
            except (DocumentChanged, DocumentMissing):
                continue
            return len(new)
        raise ConcurrentOperation(person_id)

    def _write(
        self,
        person_id: str,
        change: Callable[[DirectoryPerson], DirectoryPerson],
        beside: Sequence[Operation] = (),
    ) -> DirectoryPerson:
        """Change a person and its documents in one batch; retry if it changed meanwhile."""
        for _ in range(_ATTEMPTS):
            document = self._document(person_id)
            person = change(read_person(document))
            first = Replace(document.key.id, person_body(person), document.etag)
            try:
                self._container.batch(document.key.partition, [first, *beside])
            except (DocumentChanged, DocumentMissing):
                continue
            return person
        raise ConcurrentOperation(person_id)

    def _document(self, person_id: str) -> Document:
        document = self._container.get(person_key(person_id))
        if document is None:
            raise PersonNotFound.of(person_id)
        return document

    def _person_and_face(
        self, model: str, person_id: str, face_id: str
    ) -> tuple[Document, Document]:
        person, face = self._container.get_many(
            [person_key(person_id), face_key(model, person_id, face_id)]
        )
        if person is None:
            raise PersonNotFound.of(person_id)
        if face is None:
            raise PersistedFaceNotFound.of(face_id)
        return person, face


def _with_faces(person: DirectoryPerson, model: str, faces: tuple[str, ...]) -> DirectoryPerson:
    return replace(person, faces={**person.faces, model: faces})
