"""The document store protocol: the seam between the service and its database.

Containers hold JSON documents; a document has an id in one partition of one container. Only
`get_many`, `create_many` and `partitions` cross partitions. Cosmos DB and SQLite implement the
protocol with the same limits, and one contract suite (tests/contract/documents) runs on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.storage.layout import ContainerSpec

MAXIMUM_BATCH_OPERATIONS = 100
MAXIMUM_BATCH_BYTES = 2_000_000
MAXIMUM_DOCUMENT_BYTES = 2_000_000
MAXIMUM_KEYS = 1_000
"""Maximum number of documents of one get_many, page or changes_since."""

Body = Mapping[str, Any]
"""A document's own members as JSON values.

``id``, ``pk``, ``ttl`` and names beginning with an underscore belong to the store.
"""


@dataclass(frozen=True, slots=True)
class Key:
    """The partition of a document and its id there."""

    partition: str
    id: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read.

    Attributes:
        key: its partition and id.
        body: its own members.
        etag: changes with every write.
    """

    key: Key
    body: Body
    etag: str


@dataclass(frozen=True, slots=True)
class Create:
    """Create a document whose id must not exist."""

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
    """Delete a document that must exist (with that ETag, if one is given)."""

    id: str
    etag: str | None = None


Operation = Create | Replace | Delete


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a partition since a mark.

    Attributes:
        documents: the changed documents in order of change, as they are now. The next call may
            return a document again; id and ETag identify repeats.
        mark: to pass to the next call.
        more: whether another call would return more at once.
    """

    documents: Sequence[Document]
    mark: str
    more: bool


@dataclass(frozen=True, slots=True)
class PartitionPage:
    """Some partitions of a container.

    Attributes:
        names: in no particular order; other pages may have them too.
        continuation: to pass to the next call; None after the last page.
    """

    names: frozenset[str]
    continuation: str | None


class DocumentContainer(Protocol):
    """One container. Every method may raise Throttled or another Unavailable."""

    @property
    def spec(self) -> ContainerSpec:
        """The container's name and settings."""
        ...

    def get(self, key: Key) -> Document | None:
        """The document, or None if it does not exist or has expired."""
        ...

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """Like get, for up to 1,000 keys; results are in the order of the keys."""
        ...

    def create(self, key: Key, body: Body, *, ttl: int | None = None) -> Document:
        """Create a document.

        Args:
            ttl: time to live in seconds; None: the container's default.

        Raises:
            DocumentExists: the id exists in that partition.
        """
        ...

    def create_many(
        self, documents: Sequence[tuple[Key, Body]], *, ttl: int | None = None
    ) -> list[bool]:
        """Create up to 1,000 documents in any partitions, concurrently and not atomically.

        Args:
            documents: keys and bodies.
            ttl: of all of them, as for `create`.

        Returns:
            For each document whether it was created; False if its id exists, which changes nothing.
        """
        ...

    def replace(
        self, key: Key, body: Body, *, etag: str | None = None, ttl: int | None = None
    ) -> Document:
        """Overwrite a document.

        Raises:
            DocumentMissing: it does not exist.
            DocumentChanged: its ETag differs from the given one.
        """
        ...

    def increment(self, key: Key, member: str, by: int) -> None:
        """Add to an integer in a document, unconditionally: concurrent additions all count.

        Args:
            member: the integer's name; 0 if it is absent.

        Raises:
            ValueError: documents of this container expire.
            DocumentMissing: it does not exist.
        """
        ...

    def delete(self, key: Key, *, etag: str | None = None) -> None:
        """Delete a document.

        Raises:
            DocumentMissing: it does not exist.
            DocumentChanged: its ETag differs from the given one.
        """
        ...

    def page(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int = MAXIMUM_KEYS,
        members: Sequence[str] | None = None,
    ) -> list[Document]:
        """Up to ``limit`` documents whose ids begin with ``prefix`` and are greater than ``after``.

        In ascending (ordinal) order of id. An empty list is the end; a short page is not.

        Args:
            members: the members to return, where they exist; None: all. Selecting few reduces the
                data sent over the network.
        """
        ...

    def count(self, partition: str, *, prefix: str = "") -> int:
        """The number of documents of the partition whose ids begin with ``prefix``."""
        ...

    def mark(self, partition: str) -> str:
        """The current mark: ``changes_since`` returns what is written after it.

        It may also return documents written shortly before; it misses none written later.
        """
        ...

    def changes_since(
        self, partition: str, mark: str | None, *, limit: int = MAXIMUM_KEYS
    ) -> Changes:
        """Documents written after ``mark`` (None: from the beginning). Deletions do not appear."""
        ...

    def partitions(
        self, continuation: str | None = None, *, limit: int = MAXIMUM_KEYS
    ) -> PartitionPage:
        """Partitions that have documents, in steps of bounded cost.

        All pages together contain every partition that had a document during the whole listing.

        Args:
            continuation: of the previous page; None: from the beginning.
            limit: maximum number of names; in Cosmos DB the number of documents to read.

        Raises:
            BadArgument: the continuation is not accepted, or not any more.
        """
        ...

    def batch(self, partition: str, operations: Sequence[Operation]) -> None:
        """Apply up to 100 operations (2 MB) to one partition atomically.

        Raises:
            DocumentExists, DocumentMissing, DocumentChanged: the error of the first operation that
                failed.
        """
        ...


class DocumentStore(Protocol):
    """All containers of one database."""

    def container(self, spec: ContainerSpec) -> DocumentContainer:
        """The container of a spec."""
        ...

    def sweep_expired(self) -> int:
        """Delete expired documents and return their number; 0 if the database does so itself."""
        ...

    def erase_deleted(self) -> bool:
        """Remove the bytes of deleted documents from the files that this store writes.

        Returns:
            Whether none are left. False if a reader prevented it: call again. True if the database
            erases deleted data itself.
        """
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


def only(document: Document, members: Sequence[str]) -> Document:
    """The document reduced to these members."""
    body = document.body
    reduced = {name: body[name] for name in members if name in body}
    # Every face of a training comes through here: dataclasses.replace takes twice as long.
    return Document(document.key, reduced, document.etag)


def stored_time(moment: datetime) -> str:
    """A time as stored in documents: ISO 8601, UTC, microseconds, Z, so that texts sort by time."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_time(text: str) -> datetime:
    """Parse a time written by ``stored_time``."""
    return datetime.fromisoformat(text)
