"""The document store: the narrow waist between the service and its database.

Containers hold JSON documents; a document lives in one partition of one container under an id. No
operation crosses partitions. Cosmos DB and SQLite implement this with the same limits, and one
contract suite (tests/contract) runs on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from shared.storage.layout import ContainerSpec

MAXIMUM_BATCH_OPERATIONS = 100
MAXIMUM_BATCH_BYTES = 2_000_000
MAXIMUM_DOCUMENT_BYTES = 2_000_000

Body = Mapping[str, Any]
"""A document's own members: JSON values.

``id``, ``pk``, ``ttl`` and names beginning with an underscore belong to the store.
"""


@dataclass(frozen=True, slots=True)
class Key:
    """Where a document lives: the partition and the id in it."""

    partition: str
    id: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read.

    Attributes:
        key: where it lives.
        body: its own members.
        etag: changes with every write.
    """

    key: Key
    body: Body
    etag: str


@dataclass(frozen=True, slots=True)
class Create:
    """Write a document whose id must be free."""

    id: str
    body: Body
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Replace:
    """Overwrite a document that must exist (with that ETag, if one is given)."""

    id: str
    body: Body
    etag: str | None = None
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document that must exist (with that ETag, if one is given)."""

    id: str
    etag: str | None = None


Operation = Create | Replace | Delete


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a partition since a mark.

    Attributes:
        documents: the changed documents in order of change, as they are now. A document may come
            again on the next call; tell repeats by id and ETag.
        mark: what to pass next time.
        more: whether another call would bring more at once.
    """

    documents: Sequence[Document]
    mark: str
    more: bool


class DocumentContainer(Protocol):
    """One container. Every method may raise Throttled or another Unavailable."""

    @property
    def spec(self) -> ContainerSpec:
        """What this container is."""
        ...

    def get(self, key: Key) -> Document | None:
        """The document, or None where there is none or its time is over."""
        ...

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """As get, for up to 1,000 keys at once; answers are in the order of the keys."""
        ...

    def create(self, key: Key, body: Body, *, ttl: int | None = None) -> Document:
        """Write a new document.

        Args:
            ttl: seconds to live; None: the container's default.

        Raises:
            DocumentExists: the id is taken in that partition.
        """
        ...

    def create_many(
        self, documents: Sequence[tuple[Key, Body]], *, ttl: int | None = None
    ) -> list[bool]:
        """Write up to 1,000 new documents in whatever partitions, at once but not as a whole.

        Args:
            documents: keys and bodies.
            ttl: of all of them, as for `create`.

        Returns:
            For each whether it was written; False where its id is taken, which changes nothing.
        """
        ...

    def replace(
        self, key: Key, body: Body, *, etag: str | None = None, ttl: int | None = None
    ) -> Document:
        """Overwrite a document.

        Raises:
            DocumentMissing: there is none.
            DocumentChanged: its ETag is not the given one.
        """
        ...

    def delete(self, key: Key, *, etag: str | None = None) -> None:
        """Remove a document.

        Raises:
            DocumentMissing: there is none.
            DocumentChanged: its ETag is not the given one.
        """
        ...

    def page(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int = 1_000,
        members: Sequence[str] | None = None,
    ) -> list[Document]:
        """Up to ``limit`` documents whose ids begin with ``prefix`` and are greater than ``after``.

        In ascending (ordinal) order of id. An empty list is the end; a short page is not.

        Args:
            members: the members that the bodies are to have, if they are there; None: all. Asking
                for few saves what is sent over the network.
        """
        ...

    def count(self, partition: str, *, prefix: str = "") -> int:
        """How many documents of the partition have ids that begin with ``prefix``."""
        ...

    def mark(self, partition: str) -> str:
        """The mark of this moment: ``changes_since`` it brings what is written from now on.

        Documents written shortly before may come too; none that is written later is missed.
        """
        ...

    def changes_since(self, partition: str, mark: str | None, *, limit: int = 1_000) -> Changes:
        """Documents written after ``mark`` (None: from the beginning). Deletions do not appear."""
        ...

    def batch(self, partition: str, operations: Sequence[Operation]) -> None:
        """Apply up to 100 operations (2 MB) to one partition: all or none.

        Raises:
            DocumentExists, DocumentMissing, DocumentChanged: as the single operations; of the
                first operation that did not apply.
        """
        ...


class DocumentStore(Protocol):
    """All containers of one database."""

    def container(self, spec: ContainerSpec) -> DocumentContainer:
        """The container that the spec names."""
        ...

    def sweep_expired(self) -> int:
        """Delete what has expired and say how much it was; 0 where the database does so itself."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def only(document: Document, members: Sequence[str]) -> Document:
    """The document with these members alone, where it has them."""
    body = document.body
    return replace(document, body={name: body[name] for name in members if name in body})


def stored_time(moment: datetime) -> str:
    """How times are written into documents: ISO 8601, UTC, microseconds, Z. It sorts."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_time(text: str) -> datetime:
    """The moment that ``stored_time`` wrote."""
    return datetime.fromisoformat(text)
