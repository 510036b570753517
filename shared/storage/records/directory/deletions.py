"""Deletes persons of the directory: at once for every reader, then completely.

One batch deletes the person and its last memberships and writes a deletion mark; no later response
includes the person. Then its faces are deleted. The mark does not expire until they are, so that
maintenance can complete an interrupted deletion, and then for another day, for in-memory copies
that follow the changes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import islice

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS
from shared.domain.errors import (
    ConcurrentOperation,
    DocumentConflict,
    PersonNotFound,
    Unavailable,
)
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import (
    MAXIMUM_BATCH_OPERATIONS,
    Create,
    Delete,
    Document,
    DocumentContainer,
    Operation,
    Replace,
)
from shared.storage.records.directory.documents import (
    DELETED_PREFIX,
    FACE_PREFIX,
    PARTITIONS,
    REFERENCE_PREFIX,
    deleted_key,
    member_key,
    partition_of,
    person_key,
    read_reference,
)
from shared.storage.records.directory.memberships import MARK_LIFE

_log = logging.getLogger(__name__)

_ATTEMPTS = 1_000
"""Each attempt may do no more than remove the person from 49 of its groups."""
_GROUPS_PER_BATCH = MAXIMUM_BATCH_OPERATIONS // 2 - 1


class DirectoryDeletions:
    """Deletes persons and completes interrupted deletions."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def delete(self, person_id: str) -> None:
        """Delete a person with its faces and references.

        Raises:
            PersonNotFound: the person does not exist.
            ConcurrentOperation: concurrent requests changed the person on every attempt.
        """
        self._commit(person_id)
        try:
            self._sweep(person_id)
        except Unavailable:
            # The deletion has committed; maintenance completes it.
            _log.warning("faces of a deleted person are left to the timer", exc_info=True)

    def finish(self) -> int:
        """Complete interrupted deletions; returns the number of persons."""
        finished = 0
        for partition in PARTITIONS:
            for document in self._walk(partition, DELETED_PREFIX):
                if not document.body["swept"]:
                    self._sweep(document.key.id.removeprefix(DELETED_PREFIX))
                    finished += 1
        return finished

    def deleted(self, partition: str) -> frozenset[str]:
        """The personIds of a partition's deleted persons whose faces may still exist."""
        return frozenset(
            document.key.id.removeprefix(DELETED_PREFIX)
            for document in self._walk(partition, DELETED_PREFIX)
        )

    def marked(self, person_ids: Sequence[str]) -> frozenset[str]:
        """Those of up to 1,000 persons that have a deletion mark."""
        found = self._container.get_many([deleted_key(one) for one in person_ids])
        return frozenset(
            one for one, mark in zip(person_ids, found, strict=True) if mark is not None
        )

    def is_complete(self, person_id: str) -> bool:
        """Whether no face is left of a person that does not exist."""
        mark = self._container.get(deleted_key(person_id))
        return mark is None or bool(mark.body["swept"])

    def _commit(self, person_id: str) -> None:
        for _ in range(_ATTEMPTS):
            person = self._container.get(person_key(person_id))
            if person is None:
                raise PersonNotFound.of(person_id)
            references = self._references(person_id)
            last = len(references) <= _GROUPS_PER_BATCH
            operations: list[Operation] = []
            if last:
                operations.append(Delete(person.key.id, person.etag))
                operations.append(Create(deleted_key(person_id).id, {"swept": False}))
            else:
                operations.append(Replace(person.key.id, person.body, person.etag))
            for reference in references[:_GROUPS_PER_BATCH]:
                group = read_reference(reference)
                operations.append(Delete(reference.key.id))
                operations.append(Delete(member_key(group.incarnation, person_id).id))
            try:
                self._container.batch(person.key.partition, operations)
            except DocumentConflict:
                continue
            if last:
                return
        raise ConcurrentOperation(person_id)

    def _references(self, person_id: str) -> list[Document]:
        """The person's references; if there are more than one batch removes, one more."""
        found = self._walk(partition_of(person_id), f"{REFERENCE_PREFIX}{person_id}.")
        return list(islice(found, _GROUPS_PER_BATCH + 1))

    def _sweep(self, person_id: str) -> None:
        """Delete the faces of a deleted person, then let its mark expire. Idempotent."""
        partition = partition_of(person_id)
        for model in DIRECTORY_RECOGNITION_MODELS:
            prefix = f"{FACE_PREFIX}{model}.{person_id}."
            while faces := self._container.page(
                partition, prefix=prefix, limit=MAXIMUM_BATCH_OPERATIONS
            ):
                try:
                    self._container.batch(partition, [Delete(face.key.id) for face in faces])
                except DocumentConflict:
                    # Maintenance is completing the same deletion; check what remains.
                    continue
        self._container.replace(deleted_key(person_id), {"swept": True}, ttl=MARK_LIFE)

    def _walk(self, partition: str, prefix: str) -> Iterator[Document]:
        for page in pages_of(self._container, partition, prefix=prefix):
            yield from page
