"""Marks: the persons and faces of a collection that are deleted, or about to be.

Each mark is a document, so that concurrent deletions share none. All marks of a collection are in
one partition of the people container: a search reads new ones in one request. A mark is written
before the deletion commits and takes effect with the commit, which deletes the document of the
person or face. A mark contains only ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.domain.clock import Clock
from shared.domain.errors import DocumentConflict, DocumentExists
from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import (
    MAXIMUM_BATCH_OPERATIONS,
    MAXIMUM_KEYS,
    Delete,
    Document,
    DocumentContainer,
    Key,
    read_time,
    stored_time,
)
from shared.storage.records.collections.tombstones import (
    read_tombstones,
    tombstone_partition,
)
from shared.storage.records.face_documents import face_document_id, partition_of, person_document_id

_PREFIX = "m."
_WHOLE_PERSON = "-"


@dataclass(frozen=True, slots=True)
class Mark:
    """One attempt to delete a person or a face.

    Attributes:
        person_id: the person; in a list the face itself.
        face_id: the face; None: the person with all of its faces.
        attempt: a UUID; each attempt has a mark of its own.
        announced: when it was written.
    """

    person_id: str
    face_id: str | None
    attempt: str
    announced: datetime

    @property
    def deleted_id(self) -> str:
        """The id that searches and trainings omit."""
        return self.face_id or self.person_id


@dataclass(frozen=True, slots=True)
class NewMarks:
    """What was written to the partition of the marks since a position.

    Attributes:
        marks: new marks.
        tombstones: deleted ids, written with schema version 1; all of them are in effect.
        position: the position that follows.
    """

    marks: Sequence[Mark]
    tombstones: frozenset[str]
    position: str


class Marks:
    """Writes, follows and removes the marks of collections."""

    def __init__(self, container: DocumentContainer, new_id: IdFactory, clock: Clock) -> None:
        self._container = container
        self._new_id = new_id
        self._clock = clock

    def announce(self, incarnation: str, person_id: str, face_id: str | None = None) -> Mark:
        """Write the mark of a deletion that is about to commit."""
        mark = Mark(person_id, face_id, self._new_id(), self._clock.now())
        # The id is new: if it exists, the response to this request was lost.
        with suppress(DocumentExists):
            self._container.create(
                Key(tombstone_partition(incarnation), _id(mark)),
                {"announced": stored_time(mark.announced)},
            )
        return mark

    def since(self, incarnation: str, position: str | None) -> NewMarks:
        """What is new since a position (None: from the beginning).

        Removed marks do not appear.
        """
        marks: list[Mark] = []
        tombstones: set[str] = set()
        while True:
            changes = self._container.changes_since(tombstone_partition(incarnation), position)
            position = changes.mark
            for document in changes.documents:
                if document.key.id.startswith(_PREFIX):
                    marks.append(_mark(document))
                else:
                    tombstones |= read_tombstones(document)
            if not changes.more:
                return NewMarks(marks, frozenset(tombstones), position)

    def all(self, incarnation: str) -> list[Mark]:
        """Every mark of a collection, not in order of time."""
        return [_mark(document) for document in self._walk(incarnation, _PREFIX)]

    def deleted_ids(self, incarnation: str) -> frozenset[str]:
        """Ids of the persons and faces that have a mark: they are deleted, or about to be."""
        found = self.since(incarnation, None)
        return found.tombstones.union(mark.deleted_id for mark in found.marks)

    def of_person(self, incarnation: str, person_id: str) -> list[Mark]:
        """The marks of a person and of its faces; in a list, those of a face."""
        return [_mark(document) for document in self._walk(incarnation, f"{_PREFIX}{person_id}.")]

    def any(self, incarnation: str) -> bool:
        """Whether a collection has marks or tombstones."""
        return bool(self._container.page(tombstone_partition(incarnation), limit=1, members=()))

    def committed(self, collection: Collection, marks: Sequence[Mark]) -> list[bool]:
        """For each mark whether its deletion has committed: the document does not exist."""
        answers: list[bool] = []
        for begin in range(0, len(marks), MAXIMUM_KEYS):
            keys = [document_of(collection, mark) for mark in marks[begin : begin + MAXIMUM_KEYS]]
            answers += [found is None for found in self._container.get_many(keys)]
        return answers

    def existing(self, incarnation: str, marks: Sequence[Mark]) -> list[Mark]:
        """The marks that have not been removed."""
        partition = tombstone_partition(incarnation)
        found: list[Mark] = []
        for begin in range(0, len(marks), MAXIMUM_KEYS):
            step = marks[begin : begin + MAXIMUM_KEYS]
            documents = self._container.get_many([Key(partition, _id(mark)) for mark in step])
            found += [
                mark for mark, document in zip(step, documents, strict=True) if document is not None
            ]
        return found

    def remove(self, incarnation: str, marks: Sequence[Mark]) -> None:
        """Remove marks; missing ones are skipped."""
        partition = tombstone_partition(incarnation)
        for begin in range(0, len(marks), MAXIMUM_BATCH_OPERATIONS):
            step = marks[begin : begin + MAXIMUM_BATCH_OPERATIONS]
            while step := self.existing(incarnation, step):
                try:
                    self._container.batch(partition, [Delete(_id(mark)) for mark in step])
                except DocumentConflict:
                    continue  # Another worker removes them too.
                break

    def _walk(self, incarnation: str, prefix: str) -> Iterator[Document]:
        for page in pages_of(self._container, tombstone_partition(incarnation), prefix=prefix):
            yield from page


def document_of(collection: Collection, mark: Mark) -> Key:
    """The document whose absence commits a deletion."""
    partition = partition_of(collection, mark.person_id)
    if mark.face_id is None:
        return Key(partition, person_document_id(mark.person_id))
    return Key(partition, face_document_id(mark.person_id, mark.face_id))


def _id(mark: Mark) -> str:
    return f"{_PREFIX}{mark.person_id}.{mark.face_id or _WHOLE_PERSON}.{mark.attempt}"


def _mark(document: Document) -> Mark:
    person_id, face_id, attempt = document.key.id.removeprefix(_PREFIX).split(".")
    return Mark(
        person_id,
        None if face_id == _WHOLE_PERSON else face_id,
        attempt,
        read_time(document.body["announced"]),
    )
