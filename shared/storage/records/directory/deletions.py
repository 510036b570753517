"""Deleting persons of the directory: at once for every reader, and then completely.

One batch deletes the person, takes it out of its last groups and writes a mark that it was
deleted; from then on it is in no answer. Then its faces go. The mark stays without an end until
they have gone, so that a timer finds what a crash left behind, and for a day after that, for those
who follow the changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS
from shared.domain.errors import ConcurrentOperation, DocumentConflict
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
from shared.storage.records.directory.people import person_missing

_ATTEMPTS = 1_000
"""Each attempt may only have shortened the list of groups; 49 go at a time."""
_GROUPS_A_BATCH = (MAXIMUM_BATCH_OPERATIONS - 2) // 2


class DirectoryDeletions:
    """Deletes persons, and finishes deletions that were interrupted."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def delete(self, person_id: str) -> None:
        """Delete a person with its faces and references.

        Raises:
            PersonNotFound: there is none (any more).
            ConcurrentOperation: others changed the person every time.
        """
        self._commit(person_id)
        self._sweep(person_id)

    def finish(self) -> int:
        """Sweep what interrupted deletions left; says how many persons that were."""
        finished = 0
        for partition in PARTITIONS:
            for document in self._walk(partition, DELETED_PREFIX):
                if not document.body["swept"]:
                    self._sweep(document.key.id.removeprefix(DELETED_PREFIX))
                    finished += 1
        return finished

    def deleted(self, partition: str) -> frozenset[str]:
        """The personIds of a partition whose faces may still be there although they are deleted."""
        return frozenset(
            document.key.id.removeprefix(DELETED_PREFIX)
            for document in self._walk(partition, DELETED_PREFIX)
        )

    def _commit(self, person_id: str) -> None:
        for _ in range(_ATTEMPTS):
            person = self._container.get(person_key(person_id))
            if person is None:
                raise person_missing(person_id)
            references = self._references(person_id)
            last = len(references) <= _GROUPS_A_BATCH
            operations: list[Operation] = []
            if last:
                operations.append(Delete(person.key.id, person.etag))
                operations.append(Create(deleted_key(person_id).id, {"swept": False}))
            else:
                operations.append(Replace(person.key.id, person.body, person.etag))
            for reference in references[:_GROUPS_A_BATCH]:
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
        """The person's references; if there are more than one batch removes, at least one more."""
        found: list[Document] = []
        for document in self._walk(partition_of(person_id), f"{REFERENCE_PREFIX}{person_id}."):
            found.append(document)
            if len(found) > _GROUPS_A_BATCH:
                break
        return found

    def _sweep(self, person_id: str) -> None:
        """Remove a deleted person's faces, then let its mark expire; may be done twice."""
        partition = partition_of(person_id)
        for model in DIRECTORY_RECOGNITION_MODELS:
            prefix = f"{FACE_PREFIX}{model}.{person_id}."
            while faces := self._container.page(
                partition, prefix=prefix, limit=MAXIMUM_BATCH_OPERATIONS
            ):
                try:
                    self._container.batch(partition, [Delete(face.key.id) for face in faces])
                except DocumentConflict:
                    # The timer sweeps the same person; look at what is left.
                    continue
        self._container.replace(deleted_key(person_id), {"swept": True}, ttl=MARK_LIFE)

    def _walk(self, partition: str, prefix: str) -> Iterator[Document]:
        after = ""
        while documents := self._container.page(partition, prefix=prefix, after=after):
            yield from documents
            after = documents[-1].key.id
