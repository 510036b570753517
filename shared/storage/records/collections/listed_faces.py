"""Faces of face lists, which belong to no person.

A face's document is that of `face_documents.py` with the face's id as personId, so that training
reads lists like groups. A face list is one partition and has a roster: a document that changes with
every addition and deletion. It serialises them, counts the faces exactly, and its ETag tells a
search whether cached faces are valid. A large face list has no roster, which would serialise all
its additions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.domain.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentExists,
    DocumentMissing,
    PersistedFaceLimitReached,
    PersistedFaceNotFound,
)
from shared.domain.identifiers import canonical_uuid
from shared.domain.values import Collection, PersistedFace
from shared.storage.documents.store import (
    MAXIMUM_KEYS,
    Create,
    Delete,
    Document,
    DocumentContainer,
    Key,
    Operation,
    Replace,
)
from shared.storage.records.collections.contention import pause
from shared.storage.records.face_documents import (
    FACE_PREFIX,
    FACES_PER_BATCH,
    count_faces,
    face_body,
    face_document_id,
    partition_of,
    partitions_from,
    read_face,
    walk_faces,
)
from shared.storage.records.requests import receipts

_ROSTER = "roster"
_ATTEMPTS = 20
_TURNS = 64
"""Number of locks that all face lists share."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The state of a face list.

    Attributes:
        faces: number of faces.
        revision: changes with every addition and deletion.
    """

    faces: int
    revision: str


class ListedFaces:
    """Reads and writes the faces of face lists and large face lists."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container
        self._turns = tuple(threading.Lock() for _ in range(_TURNS))

    def roster(self, collection: Collection) -> Roster:
        """The roster of a face list; empty if it has none yet."""
        document = self._roster(collection)
        return Roster(0, "") if document is None else Roster(document.body["faces"], document.etag)

    def add(
        self,
        collection: Collection,
        face: PersistedFace,
        *,
        maximum: int,
        verify: Callable[[], None] | None = None,
    ) -> None:
        """Store a face.

        Args:
            maximum: number of faces of a face list; the caller counts those of a large one.
            verify: for a face list: called after the roster is read and before the write, which
                fails if the list changed in between; its exceptions prevent the write.

        Raises:
            DocumentExists: a large list has the face already, or an earlier attempt of the same
                request or upload added it.
            QuotaExceeded: the face list is full.
            ConcurrentOperation: other requests changed the list at every attempt.
        """
        key = _key(collection, face.persisted_face_id)
        if collection.kind.buckets > 1:
            receipts.create_once(self._container, key, face_body(face), face.persisted_face_id)
        else:
            self._add_to_roster(collection, [face], maximum, verify)

    def was_created(self, collection: Collection, face_id: str) -> bool:
        """Whether an earlier attempt of a repeated request created this face."""
        return receipts.was_created(self._container, partition_of(collection, face_id), face_id)

    def add_missing(
        self, collection: Collection, faces: Sequence[PersistedFace], *, maximum: int
    ) -> int:
        """Store the faces that a list does not have; returns their number.

        Raises:
            QuotaExceeded, ConcurrentOperation: as ``add``.
        """
        if collection.kind.buckets == 1:
            return sum(
                self._add_to_roster(collection, faces[begin : begin + FACES_PER_BATCH], maximum)
                for begin in range(0, len(faces), FACES_PER_BATCH)
            )
        documents = [(_key(collection, one.persisted_face_id), face_body(one)) for one in faces]
        return sum(
            sum(self._container.create_many(documents[begin : begin + MAXIMUM_KEYS]))
            for begin in range(0, len(documents), MAXIMUM_KEYS)
        )

    def _add_to_roster(
        self,
        collection: Collection,
        faces: Sequence[PersistedFace],
        maximum: int,
        verify: Callable[[], None] | None = None,
    ) -> int:
        partition = _roster_key(collection).partition

        def operations(count: int) -> list[Operation]:
            for face in faces:
                receipts.refuse_repetition(self._container, partition, face.persisted_face_id)
            found = self.find_many(collection, [one.persisted_face_id for one in faces])
            new = [one for one, known in zip(faces, found, strict=True) if known is None]
            if new and verify is not None:
                verify()
            if new and count + len(new) > maximum:
                raise PersistedFaceLimitReached
            return [
                Create(_key(collection, one.persisted_face_id).id, face_body(one)) for one in new
            ]

        beside = [one for face in faces for one in receipts.of(face.persisted_face_id)]
        return self._write(collection, operations, beside)

    def get(self, collection: Collection, face_id: str) -> PersistedFace:
        """The face.

        Raises:
            PersistedFaceNotFound: there is none.
        """
        return read_face(self._document(collection, face_id))

    def find_many(
        self, collection: Collection, face_ids: Sequence[str]
    ) -> list[PersistedFace | None]:
        """Any number of faces in the order of the ids; None for those that do not exist."""
        found: list[PersistedFace | None] = []
        for begin in range(0, len(face_ids), MAXIMUM_KEYS):
            some = face_ids[begin : begin + MAXIMUM_KEYS]
            documents = self._container.get_many([_key(collection, one) for one in some])
            found += [None if one is None else read_face(one) for one in documents]
        return found

    def page(self, collection: Collection, *, start: str, top: int) -> list[PersistedFace]:
        """Up to ``top`` faces with ids greater than ``start``, in order of id."""
        faces: list[PersistedFace] = []
        own = canonical_uuid(start) == start
        after = face_document_id(start, start) if own else FACE_PREFIX + start
        for partition in partitions_from(collection, start):
            documents = self._container.page(
                partition, prefix=FACE_PREFIX, after=after, limit=top - len(faces)
            )
            faces.extend(read_face(document) for document in documents)
            if len(faces) == top:
                break
        return faces

    def all(self, collection: Collection) -> list[PersistedFace]:
        """All faces of a face list, in order of id."""
        return [face for page in walk_faces(self._container, collection) for face in page]

    def update(self, collection: Collection, face_id: str, user_data: str | None) -> None:
        """Set a face's userData.

        Raises:
            PersistedFaceNotFound: it does not exist or was deleted.
            ConcurrentOperation: other requests changed the face at every attempt.
        """
        for _ in range(_ATTEMPTS):
            document = self._document(collection, face_id)
            body = {**document.body, "userData": user_data}
            try:
                self._container.replace(document.key, body, etag=document.etag)
            except (DocumentChanged, DocumentMissing):
                continue
            return
        raise ConcurrentOperation(face_id)

    def delete(self, collection: Collection, face_id: str) -> None:
        """Remove a face of a face list; `deletions.py` removes those of a large one.

        Raises:
            PersistedFaceNotFound: it does not exist or was deleted.
            ConcurrentOperation: other requests changed the list at every attempt.
        """
        key = self._document(collection, face_id).key

        def operations(_: int) -> list[Operation]:
            self._document(collection, face_id)
            return [Delete(key.id)]

        self._write(collection, operations)

    def count(self, collection: Collection) -> int:
        """The number of faces of a list; costs a count over all of them."""
        return count_faces(self._container, collection)

    def _write(
        self,
        collection: Collection,
        operations: Callable[[int], Sequence[Operation]],
        beside: Sequence[Operation] = (),
    ) -> int:
        """Change the roster and its faces in one step; repeated if the roster changed.

        Requests of this process wait for each other, so that only processes compete.

        Args:
            operations: takes the number of faces; returns operations that add or delete faces.
            beside: other operations in the same step.

        Returns:
            The number of operations on faces.
        """
        with self._turns[hash(collection.incarnation) % len(self._turns)]:
            return self._compete(collection, operations, beside)

    def _compete(
        self,
        collection: Collection,
        operations: Callable[[int], Sequence[Operation]],
        beside: Sequence[Operation],
    ) -> int:
        for attempt in range(_ATTEMPTS):
            pause(attempt)
            roster = self._roster(collection)
            faces = 0 if roster is None else roster.body["faces"]
            changes = operations(faces)
            change = sum(-1 if isinstance(one, Delete) else 1 for one in changes)
            body = {"faces": faces + change}
            first: Operation = (
                Create(_ROSTER, body) if roster is None else Replace(_ROSTER, body, roster.etag)
            )
            try:
                batch = [first, *changes, *beside]
                self._container.batch(_roster_key(collection).partition, batch)
            except (DocumentChanged, DocumentExists, DocumentMissing):
                continue
            return len(changes)
        raise ConcurrentOperation(collection.collection_id)

    def _roster(self, collection: Collection) -> Document | None:
        return self._container.get(_roster_key(collection))

    def _document(self, collection: Collection, face_id: str) -> Document:
        document = self._container.get(_key(collection, face_id))
        if document is None:
            raise listed_face_missing(collection, face_id)
        return document


def _key(collection: Collection, face_id: str) -> Key:
    return Key(partition_of(collection, face_id), face_document_id(face_id, face_id))


def _roster_key(collection: Collection) -> Key:
    return Key(partition_of(collection, "0"), _ROSTER)


def listed_face_missing(collection: Collection, face_id: str) -> PersistedFaceNotFound:
    """The error for a persistedFaceId that is not in a list."""
    kind = "Large Face List Face" if collection.kind.buckets > 1 else "Persisted face"
    return PersistedFaceNotFound(f"{kind} {face_id} is not found.")
