"""Deletes persons and faces of collections: mark, commit, sweep.

1. The mark is written (`marks.py`), and a pending task that ensures that the deletion is finished.
2. One conditional, atomic write commits: it deletes the document of the person or face, which no
   later response includes. If another request changed the person, a new mark is written before the
   next attempt.
3. The faces that did not fit into that write are deleted. Any worker may repeat any step.

A mark whose deletion never committed is withdrawn: first the document is rewritten under its ETag,
so that a commit in progress fails and must begin with a new mark.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from shared.domain.clock import Clock
from shared.domain.collections import FACE_COLLECTIONS
from shared.domain.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentConflict,
    DocumentMissing,
    PersistedFaceNotFound,
    PersonNotFound,
    Unavailable,
)
from shared.domain.values import Collection
from shared.storage.documents.store import (
    MAXIMUM_BATCH_OPERATIONS,
    Delete,
    Document,
    DocumentContainer,
    Key,
    Operation,
    Replace,
)
from shared.storage.records.collections.contention import pause
from shared.storage.records.collections.listed_faces import listed_face_missing
from shared.storage.records.collections.marks import Mark, Marks, document_of
from shared.storage.records.collections.name_claims import NameClaims
from shared.storage.records.collections.people import (
    person_key,
)
from shared.storage.records.face_documents import FACE_PREFIX, face_document_id, partition_of
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, TaskKind

_log = logging.getLogger(__name__)

_ATTEMPTS = 20


class CollectionDeletions:
    """Deletes persons and faces, and finishes or withdraws deletions that were interrupted."""

    def __init__(
        self, container: DocumentContainer, marks: Marks, tasks: PendingTasks, clock: Clock
    ) -> None:
        self._container = container
        self._marks = marks
        self._tasks = tasks
        self._clock = clock
        self._names = NameClaims(container)

    def delete_person(
        self,
        collection: Collection,
        person_id: str,
        announce: Callable[[str], None] | None = None,
    ) -> None:
        """Delete a person of a group with its faces.

        Args:
            announce: called with the person's name before each attempt to delete it.

        Raises:
            PersonNotFound: it does not exist or was deleted.
            ConcurrentOperation: other requests changed the person at every attempt.
        """
        together = True
        for attempt in range(_ATTEMPTS):
            pause(attempt)
            document = self._container.get(person_key(collection, person_id))
            if document is None:
                raise PersonNotFound.of(person_id)
            self._announce(collection, person_id)
            if announce is not None:
                announce(document.body["name"])
            self._names.withdraw(collection, document.body["name"], person_id)
            faces: list[str] = document.body["persistedFaceIds"]
            with_it = faces[: MAXIMUM_BATCH_OPERATIONS - 1] if together else []
            operations: list[Operation] = [Delete(document.key.id, document.etag)]
            operations += [Delete(face_document_id(person_id, face)) for face in with_it]
            try:
                self._container.batch(document.key.partition, operations)
            except DocumentMissing:
                together = False  # A face that the person lists is not stored.
                continue
            except DocumentChanged:
                continue
            if len(with_it) < len(faces):
                self._sweep_or_leave(collection, person_id)
            return
        raise ConcurrentOperation(person_id)

    def delete_face(self, collection: Collection, person_id: str, face_id: str) -> None:
        """Delete a face of a person.

        Raises:
            PersonNotFound: the person does not exist or was deleted.
            PersistedFaceNotFound: the face does not exist or was deleted.
            ConcurrentOperation: other requests changed the person at every attempt.
        """
        deletion = [Delete(face_document_id(person_id, face_id))]
        for attempt in range(_ATTEMPTS):
            pause(attempt)
            document = self._container.get(person_key(collection, person_id))
            if document is None:
                raise PersonNotFound.of(person_id)
            faces: list[str] = document.body["persistedFaceIds"]
            if face_id not in faces:
                raise PersistedFaceNotFound.of(face_id)
            self._announce(collection, person_id, face_id)
            body = {**document.body, "persistedFaceIds": [one for one in faces if one != face_id]}
            update = Replace(document.key.id, body, document.etag)
            try:
                self._container.batch(document.key.partition, [update, *deletion])
            except DocumentMissing:
                deletion = []  # The person lists a face that is not stored.
                continue
            except DocumentChanged:
                continue
            return
        raise ConcurrentOperation(face_id)

    def delete_listed_face(self, collection: Collection, face_id: str) -> None:
        """Delete a face of a large face list.

        Raises:
            PersistedFaceNotFound: it does not exist or was deleted.
            ConcurrentOperation: other requests changed the face at every attempt.
        """
        key = Key(partition_of(collection, face_id), face_document_id(face_id, face_id))
        for attempt in range(_ATTEMPTS):
            pause(attempt)
            document = self._container.get(key)
            if document is None:
                raise listed_face_missing(collection, face_id)
            self._announce(collection, face_id, face_id)
            try:
                self._container.delete(key, etag=document.etag)
            except DocumentConflict:
                continue
            return
        raise ConcurrentOperation(face_id)

    def sweep(self, collection: Collection, person_id: str) -> None:
        """Delete the faces of a deleted person.

        None is left when this returns: no face can be added to a person that does not exist.
        """
        partition = partition_of(collection, person_id)
        prefix = f"{FACE_PREFIX}{person_id}."
        while faces := self._container.page(
            partition, prefix=prefix, limit=MAXIMUM_BATCH_OPERATIONS, members=()
        ):
            self.remove_documents(partition, faces)

    def remove_documents(self, partition: str, documents: Sequence[Document]) -> None:
        """Delete up to 100 documents of a partition; none if another worker deleted some."""
        with suppress(DocumentConflict):
            self._container.batch(partition, [Delete(one.key.id) for one in documents])

    def withdraw(self, collection: Collection, mark: Mark) -> bool:
        """Remove the mark of a deletion that has not committed, and prevent it from committing.

        Returns:
            False if the deletion has committed, or another request changed the document.
        """
        of_list = collection.kind in FACE_COLLECTIONS
        key = document_of(collection, mark) if of_list else person_key(collection, mark.person_id)
        document = self._container.get(key)
        if document is None:
            return False
        try:
            self._container.replace(key, document.body, etag=document.etag)
        except DocumentConflict:
            return False
        if self._marks.committed(collection, [mark]) == [True]:
            return False
        if not of_list:
            # The failed deletion had withdrawn the person's name.
            self._names.register(collection, document.body["name"], mark.person_id)
        self._marks.remove(collection.incarnation, [mark])
        return True

    def _announce(self, collection: Collection, person_id: str, face_id: str | None = None) -> None:
        task = PendingTask.about(TaskKind.DELETIONS, collection, self._clock.now())
        # Written before the mark, so that a worker withdraws a mark that a failure leaves. Written
        # again after it, because a worker that found no mark may have removed the task.
        self._tasks.ensure(task)
        self._marks.announce(collection.incarnation, person_id, face_id)
        self._tasks.ensure(task)

    def _sweep_or_leave(self, collection: Collection, person_id: str) -> None:
        try:
            self.sweep(collection, person_id)
        except Unavailable:
            # The deletion has committed; a worker sweeps because of the pending task.
            _log.warning("faces of a deleted person are left to the timer", exc_info=True)
