"""Checks the arguments of every call, so that all stores accept the same.

`CheckedDocumentStore` wraps any store; the stores themselves do not check limits.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.storage.documents.limits import (
    check_batch_bytes,
    check_batch_length,
    check_container_name,
    check_id,
    check_limit,
    check_members,
    check_partition,
    check_ttl,
    checked_size,
)
from shared.storage.documents.store import (
    MAXIMUM_KEYS,
    Body,
    Changes,
    Delete,
    Document,
    DocumentContainer,
    DocumentStore,
    Key,
    Operation,
    PartitionPage,
)
from shared.storage.layout import ContainerSpec


class CheckedDocumentStore:
    """A DocumentStore that raises ValueError for arguments that some store does not accept.

    Args:
        store: the wrapped store; closed with this one.
    """

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def container(self, spec: ContainerSpec) -> DocumentContainer:
        """See DocumentStore.container. ValueError: the name is not valid in every store."""
        check_container_name(spec.name)
        return _CheckedContainer(self._store.container(spec))

    def sweep_expired(self) -> int:
        """See DocumentStore.sweep_expired."""
        return self._store.sweep_expired()

    def erase_deleted(self) -> bool:
        """See DocumentStore.erase_deleted."""
        return self._store.erase_deleted()

    def close(self) -> None:
        """See DocumentStore.close."""
        self._store.close()


class _CheckedContainer:
    """A DocumentContainer whose calls raise ValueError before anything is read or written."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    @property
    def spec(self) -> ContainerSpec:
        return self._container.spec

    def get(self, key: Key) -> Document | None:
        _check_key(key)
        return self._container.get(key)

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        _check_keys(keys)
        return self._container.get_many(keys)

    def create(self, key: Key, body: Body, *, ttl: int | None = None) -> Document:
        _check_write(key, body, ttl)
        return self._container.create(key, body, ttl=ttl)

    def create_many(
        self, documents: Sequence[tuple[Key, Body]], *, ttl: int | None = None
    ) -> list[bool]:
        _check_keys([key for key, _ in documents])
        for key, body in documents:
            _check_write(key, body, ttl)
        return self._container.create_many(documents, ttl=ttl)

    def replace(
        self, key: Key, body: Body, *, etag: str | None = None, ttl: int | None = None
    ) -> Document:
        _check_write(key, body, ttl)
        return self._container.replace(key, body, etag=etag, ttl=ttl)

    def increment(self, key: Key, member: str, by: int) -> None:
        _check_key(key)
        check_members([member])
        if self.spec.default_ttl is not None:
            raise ValueError("Documents that expire are not incremented.")
        self._container.increment(key, member, by)

    def delete(self, key: Key, *, etag: str | None = None) -> None:
        _check_key(key)
        self._container.delete(key, etag=etag)

    def page(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int = MAXIMUM_KEYS,
        members: Sequence[str] | None = None,
    ) -> list[Document]:
        check_partition(partition)
        check_limit(limit)
        check_members(members or ())
        return self._container.page(
            partition, prefix=prefix, after=after, limit=limit, members=members
        )

    def count(self, partition: str, *, prefix: str = "") -> int:
        check_partition(partition)
        return self._container.count(partition, prefix=prefix)

    def mark(self, partition: str) -> str:
        check_partition(partition)
        return self._container.mark(partition)

    def changes_since(
        self, partition: str, mark: str | None, *, limit: int = MAXIMUM_KEYS
    ) -> Changes:
        check_partition(partition)
        check_limit(limit)
        return self._container.changes_since(partition, mark, limit=limit)

    def partitions(
        self, continuation: str | None = None, *, limit: int = MAXIMUM_KEYS
    ) -> PartitionPage:
        check_limit(limit)
        return self._container.partitions(continuation, limit=limit)

    def batch(self, partition: str, operations: Sequence[Operation]) -> None:
        check_partition(partition)
        check_batch_length(operations)
        total = 0
        for operation in operations:
            check_id(operation.id)
            if not isinstance(operation, Delete):
                check_ttl(operation.ttl)
                total += checked_size(operation.body)
        check_batch_bytes(total)
        self._container.batch(partition, operations)


def _check_key(key: Key) -> None:
    check_partition(key.partition)
    check_id(key.id)


def _check_keys(keys: Sequence[Key]) -> None:
    if keys:
        check_limit(len(keys))
    for key in keys:
        _check_key(key)


def _check_write(key: Key, body: Body, ttl: int | None) -> None:
    _check_key(key)
    check_ttl(ttl)
    checked_size(body)
