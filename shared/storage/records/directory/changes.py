"""Changes in a partition of the directory, for in-memory copies of its faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.domain.directory import DirectoryPerson
from shared.domain.values import PersistedFace
from shared.storage.documents.store import Document, DocumentContainer
from shared.storage.records.directory.documents import (
    DELETED_PREFIX,
    FACE_PREFIX,
    MEMBER_PREFIX,
    PERSON_PREFIX,
    read_face,
    read_person,
)


@dataclass(frozen=True, slots=True)
class PersonWritten:
    """The current state of a person; faces that it does not list are deleted."""

    person: DirectoryPerson


@dataclass(frozen=True, slots=True)
class PersonDeleted:
    """A person was deleted, with its faces and memberships."""

    person_id: str


@dataclass(frozen=True, slots=True)
class FaceWritten:
    """The current state of a face."""

    recognition_model: str
    face: PersistedFace


@dataclass(frozen=True, slots=True)
class MembershipWritten:
    """Whether a person is in a group now."""

    incarnation: str
    person_id: str
    member: bool


Change = PersonWritten | PersonDeleted | FaceWritten | MembershipWritten


class DirectoryChanges:
    """Follows one partition; the first read returns everything in it.

    Args:
        partition: one of ``documents.PARTITIONS``.
    """

    def __init__(self, container: DocumentContainer, partition: str) -> None:
        self._container = container
        self._partition = partition
        self._mark: str | None = None

    def read(self) -> Iterator[Sequence[Change]]:
        """The changes since the last read, in pages; must be read to the end."""
        while True:
            changes = self._container.changes_since(self._partition, self._mark)
            self._mark = changes.mark
            # Repeats are harmless: changes come in order and in their current state.
            yield [found for one in changes.documents if (found := _change(one)) is not None]
            if not changes.more:
                return


def _change(document: Document) -> Change | None:
    """The change that a document records; None for references, which repeat the memberships."""
    name = document.key.id
    if name.startswith(PERSON_PREFIX):
        return PersonWritten(read_person(document))
    if name.startswith(DELETED_PREFIX):
        return PersonDeleted(name.removeprefix(DELETED_PREFIX))
    if name.startswith(FACE_PREFIX):
        return FaceWritten(name.split(".")[1], read_face(document))
    if name.startswith(MEMBER_PREFIX):
        _, incarnation, person_id = name.split(".")
        return MembershipWritten(incarnation, person_id, not document.body["gone"])
    return None
