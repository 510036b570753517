"""Entries of an archive: a collection, then its persons, faces or members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from shared.domain.errors import BadArgument
from shared.domain.face.enrolment import NO_RULES, EnrolmentRules
from shared.domain.values import Embedding

COLLECTIONS, PERSONS, FACES, MEMBERS = "collections", "persons", "faces", "members"
"""Keys of the counters of an import."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class CollectionEntry:
    """A collection itself; the person directory has neither name nor model.

    Attributes:
        line: where it was read, from 1; 0 in exports.
    """

    name: str | None = None
    user_data: str | None = None
    recognition_model: str | None = None
    gate: EnrolmentRules = NO_RULES
    line: int = 0


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """A person without its faces."""

    person_id: str
    name: str
    user_data: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class FaceEntry:
    """A persisted face.

    Attributes:
        person_id: None in a list.
        recognition_model: in the directory; elsewhere the collection has one.
        embedding: None where it is left out.
    """

    person_id: str | None
    face_id: str
    user_data: str | None = None
    recognition_model: str | None = None
    embedding: Embedding | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class MemberEntry:
    """A person of the directory that is in a dynamic person group."""

    person_id: str
    line: int = 0


Entry = CollectionEntry | PersonEntry | FaceEntry | MemberEntry


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """A part of an archive.

    Attributes:
        continuation: where the next page starts; None after the last page.
    """

    entries: Sequence[Entry]
    continuation: str | None


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The result of an import, as counters by kind of entry.

    Attributes:
        created: entries that were added.
        existing: entries that exist already; they are not changed.
        skipped: faces without embeddings.
        deleted: persons and faces whose deletion is not complete; they are not added.
    """

    created: Counter[str] = field(default_factory=Counter)
    existing: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: ImportOutcome) -> ImportOutcome:
        """The outcome of both."""
        return ImportOutcome(
            self.created + other.created,
            self.existing + other.existing,
            self.skipped + other.skipped,
            self.deleted + other.deleted,
        )


def bad_line(line: int, message: str) -> BadArgument:
    """The error of a line that cannot be imported."""
    return BadArgument(f"Line {line}: {message}")


def only(kind: type[_T], entries: Sequence[Entry], holds: str) -> list[_T]:
    """All entries, which must be of one kind.

    Args:
        holds: a sentence about what the collection holds, for the error.

    Raises:
        BadArgument: one is of another kind.
    """
    found: list[_T] = []
    for entry in entries:
        if not isinstance(entry, kind):
            raise bad_line(entry.line, holds)
        found.append(entry)
    return found
