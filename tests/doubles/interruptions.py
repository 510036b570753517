"""Stores that fail, or let something else happen, at a chosen call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shared.domain.errors import Unavailable
from shared.storage.account.blobs import BlobPage, BlobProperties, BlobStore, OpenedBlob
from shared.storage.account.queues import QueueSender
from shared.storage.documents.store import (
    Body,
    Changes,
    Document,
    DocumentContainer,
    DocumentStore,
    Key,
    Operation,
    PartitionPage,
)
from shared.storage.layout import ContainerSpec

_T = TypeVar("_T")


@dataclass(frozen=True)
class Interruption:
    """What happens at one call.

    Attributes:
        at: number of the call, from 1.
        act: is called meanwhile; None: the call fails.
        first: whether that happens before the call is carried out. A call that fails afterwards
            has lost its answer.
    """

    at: int
    act: Callable[[], None] | None
    first: bool


class Interruptions:
    """Counts the calls of all stores together and interrupts one of them.

    Attributes:
        calls: how many there were since the last ``plan``.
    """

    def __init__(self) -> None:
        self.calls = 0
        self._planned: Interruption | None = None

    def plan(self, interruption: Interruption | None) -> None:
        """Begin to count; None: nothing is interrupted."""
        self.calls, self._planned = 0, interruption

    def call(self, carry_out: Callable[[], _T]) -> _T:
        """Carry out a call of a store."""
        self.calls += 1
        planned = self._planned
        if planned is None or self.calls != planned.at:
            return carry_out()
        self._planned = None  # What happens meanwhile is not interrupted itself.
        if planned.first:
            self._interrupt(planned)
            return carry_out()
        result = carry_out()
        self._interrupt(planned)
        return result

    def _interrupt(self, planned: Interruption) -> None:
        if planned.act is None:
            raise Unavailable("The store cannot be reached.")
        planned.act()


class InterruptedStore:
    """A DocumentStore whose calls may be interrupted."""

    def __init__(self, store: DocumentStore, interruptions: Interruptions) -> None:
        self._store = store
        self._interruptions = interruptions

    def container(self, spec: ContainerSpec) -> DocumentContainer:
        """See DocumentStore."""
        return InterruptedContainer(self._store.container(spec), self._interruptions)

    def sweep_expired(self) -> int:
        """See DocumentStore."""
        return self._store.sweep_expired()

    def erase_deleted(self) -> bool:
        """See DocumentStore."""
        return self._interruptions.call(self._store.erase_deleted)

    def close(self) -> None:
        """See DocumentStore."""
        self._store.close()


class InterruptedContainer:
    """A DocumentContainer whose calls may be interrupted."""

    def __init__(self, container: DocumentContainer, interruptions: Interruptions) -> None:
        self._container = container
        self._call = interruptions.call

    @property
    def spec(self) -> ContainerSpec:
        return self._container.spec

    def get(self, key: Key) -> Document | None:
        return self._call(lambda: self._container.get(key))

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        return self._call(lambda: self._container.get_many(keys))

    def create(self, key: Key, body: Body, *, ttl: int | None = None) -> Document:
        return self._call(lambda: self._container.create(key, body, ttl=ttl))

    def create_many(
        self, documents: Sequence[tuple[Key, Body]], *, ttl: int | None = None
    ) -> list[bool]:
        return self._call(lambda: self._container.create_many(documents, ttl=ttl))

    def replace(
        self, key: Key, body: Body, *, etag: str | None = None, ttl: int | None = None
    ) -> Document:
        return self._call(lambda: self._container.replace(key, body, etag=etag, ttl=ttl))

    def increment(self, key: Key, member: str, by: int) -> None:
        return self._call(lambda: self._container.increment(key, member, by))

    def delete(self, key: Key, *, etag: str | None = None) -> None:
        return self._call(lambda: self._container.delete(key, etag=etag))

    def page(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int = 1_000,
        members: Sequence[str] | None = None,
    ) -> list[Document]:
        return self._call(
            lambda: self._container.page(
                partition, prefix=prefix, after=after, limit=limit, members=members
            )
        )

    def count(self, partition: str, *, prefix: str = "") -> int:
        return self._call(lambda: self._container.count(partition, prefix=prefix))

    def mark(self, partition: str) -> str:
        return self._call(lambda: self._container.mark(partition))

    def changes_since(self, partition: str, mark: str | None, *, limit: int = 1_000) -> Changes:
        return self._call(lambda: self._container.changes_since(partition, mark, limit=limit))

    def partitions(self, continuation: str | None = None, *, limit: int = 1_000) -> PartitionPage:
        return self._call(lambda: self._container.partitions(continuation, limit=limit))

    def batch(self, partition: str, operations: Sequence[Operation]) -> None:
        return self._call(lambda: self._container.batch(partition, operations))


class InterruptedBlobs:
    """A BlobStore whose calls may be interrupted.

    Attributes:
        failed_pages: how many calls of ``page`` failed.
    """

    def __init__(self, blobs: BlobStore, interruptions: Interruptions) -> None:
        self.failed_pages = 0
        self._blobs = blobs
        self._call = interruptions.call

    def properties(self, container: str, name: str) -> BlobProperties | None:
        """See BlobStore."""
        return self._call(lambda: self._blobs.properties(container, name))

    def open(self, container: str, name: str, *, most: int) -> OpenedBlob | None:
        """See BlobStore."""
        return self._call(lambda: self._blobs.open(container, name, most=most))

    def read(self, container: str, name: str, *, etag: str | None = None) -> bytes | None:
        """See BlobStore."""
        return self._call(lambda: self._blobs.read(container, name, etag=etag))

    def download(self, container: str, name: str, target: Path) -> bool:
        """See BlobStore."""
        return self._call(lambda: self._blobs.download(container, name, target))

    def write(
        self,
        container: str,
        name: str,
        content: bytes | Path,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
        expected: str | None = None,
    ) -> str:
        """See BlobStore."""
        return self._call(
            lambda: self._blobs.write(
                container,
                name,
                content,
                metadata=metadata,
                content_type=content_type,
                expected=expected,
            )
        )

    def delete(self, container: str, name: str) -> bool:
        """See BlobStore."""
        return self._call(lambda: self._blobs.delete(container, name))

    def page(
        self, container: str, *, top: int, prefix: str = "", continuation: str | None = None
    ) -> BlobPage:
        """See BlobStore."""
        try:
            return self._call(
                lambda: self._blobs.page(
                    container, top=top, prefix=prefix, continuation=continuation
                )
            )
        except Unavailable:
            self.failed_pages += 1
            raise

    def listing(
        self, container: str, *, prefix: str = "", with_metadata: bool = False
    ) -> Iterator[BlobProperties]:
        """See BlobStore."""
        return self._call(
            lambda: iter(
                list(self._blobs.listing(container, prefix=prefix, with_metadata=with_metadata))
            )
        )


class InterruptedQueues:
    """A QueueSender whose calls may be interrupted."""

    def __init__(self, queues: QueueSender, interruptions: Interruptions) -> None:
        self._queues = queues
        self._call = interruptions.call

    def send(self, queue: str, text: str, *, delay: int = 0) -> None:
        """See QueueSender."""
        return self._call(lambda: self._queues.send(queue, text, delay=delay))

    def peek(self, queue: str, *, limit: int = 32) -> list[str]:
        """See QueueSender."""
        return self._call(lambda: self._queues.peek(queue, limit=limit))
