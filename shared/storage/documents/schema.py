"""Schema versions: every document has a version and is migrated when it is read.

`VersionedDocumentStore` wraps any store. It writes the current version into every document,
migrates older documents on read, and rejects newer ones. One document records the newest version
that has written to the database, so that an older service does not start. Older documents are
rewritten on their next write, so a new version needs no downtime and no migration run. The version
is incremented by every change that an older service would misread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.domain.errors import ConfigurationError, DocumentConflict
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
    only,
)
from shared.storage.layout import COLLECTIONS, ContainerSpec

Migration = Callable[[Key, Body], Body]
"""Returns the body in the next version; the key determines the kind of document."""

_VERSION = "schemaVersion"
_UNMARKED = 1
"""Documents of the first version may lack a version member."""
_STATE = Key("schema", "schema")


@dataclass(frozen=True, slots=True)
class Schema:
    """The current version and the migrations to it.

    Attributes:
        version: 1 or more.
        migrations: by (container, version), the migration to the next version; absent if nothing
            changes.
    """

    version: int
    migrations: Mapping[tuple[str, int], Migration] = field(default_factory=dict)

    def migrates(self, container: str) -> bool:
        """Whether a container has any migration."""
        return any(name == container for name, _ in self.migrations)

    def bring_forward(self, container: str, key: Key, body: Body, version: int) -> Body:
        """The body migrated to the current version.

        Raises:
            ConfigurationError: its version is newer than the current one.
        """
        if version > self.version:
            raise newer_schema(version, self.version)
        for step in range(version, self.version):
            migration = self.migrations.get((container, step))
            if migration is not None:
                body = migration(key, body)
        return body


def _collection_or_training(key: Key, body: Body) -> Body:
    """Version 2: deletions are marked instead of counted; attempts of trainings are counted."""
    if key.id.startswith("c."):
        return {name: value for name, value in body.items() if name != "deletions"}
    if key.id.startswith("t."):
        kept = {name: value for name, value in body.items() if name != "erased"}
        return {**kept, "attempts": 0, "whole": False}
    return body


SCHEMA = Schema(version=2, migrations={(COLLECTIONS.name, 1): _collection_or_training})
"""The schema of this service. Version 2 introduced marks (`records/collections/marks.py`): a
service without them would return deleted persons. Tombstones of version 1 are read until
`services/deletion/repair.py` has replaced them."""


def newer_schema(found: int, known: int, *, where: str = "The data") -> ConfigurationError:
    """The error for data written by a newer service.

    Args:
        where: the subject of the message.
    """
    return ConfigurationError(
        f"{where} has schema version {found}, this service knows {known} and below. Start a newer"
        " version of the service."
    )


class VersionedDocumentStore:
    """A DocumentStore that versions all documents.

    Args:
        store: the wrapped store; closed with this one.
    """

    def __init__(self, store: DocumentStore, schema: Schema = SCHEMA) -> None:
        """Record that this version writes to the store from now on.

        Raises:
            ConfigurationError: a newer version of the service has written to the store.
            Unavailable: the store cannot be reached.
        """
        self._store = store
        self._schema = schema
        self._record_version()

    def container(self, spec: ContainerSpec) -> DocumentContainer:
        """See DocumentStore.container."""
        return _VersionedContainer(self._store.container(spec), self._schema)

    def sweep_expired(self) -> int:
        """See DocumentStore.sweep_expired."""
        return self._store.sweep_expired()

    def erase_deleted(self) -> bool:
        """See DocumentStore.erase_deleted."""
        return self._store.erase_deleted()

    def close(self) -> None:
        """See DocumentStore.close."""
        self._store.close()

    def _record_version(self) -> None:
        container = self._store.container(COLLECTIONS)
        version = self._schema.version
        while True:
            state = container.get(_STATE)
            if state is not None and state.body[_VERSION] > version:
                raise newer_schema(state.body[_VERSION], version)
            if state is not None and state.body[_VERSION] == version:
                return
            try:
                if state is None:
                    container.create(_STATE, {_VERSION: version})
                else:
                    container.replace(_STATE, {_VERSION: version}, etag=state.etag)
            except DocumentConflict:
                continue  # Another instance is starting as well; read what it wrote.


class _VersionedContainer:
    """A DocumentContainer that versions all documents."""

    def __init__(self, container: DocumentContainer, schema: Schema) -> None:
        self._container = container
        self._schema = schema

    @property
    def spec(self) -> ContainerSpec:
        return self._container.spec

    def get(self, key: Key) -> Document | None:
        return self._read_if_any(self._container.get(key))

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        return [self._read_if_any(document) for document in self._container.get_many(keys)]

    def create(self, key: Key, body: Body, *, ttl: int | None = None) -> Document:
        return self._read(self._container.create(key, self._marked(body), ttl=ttl))

    def create_many(
        self, documents: Sequence[tuple[Key, Body]], *, ttl: int | None = None
    ) -> list[bool]:
        marked = [(key, self._marked(body)) for key, body in documents]
        return self._container.create_many(marked, ttl=ttl)

    def replace(
        self, key: Key, body: Body, *, etag: str | None = None, ttl: int | None = None
    ) -> Document:
        return self._read(self._container.replace(key, self._marked(body), etag=etag, ttl=ttl))

    def increment(self, key: Key, member: str, by: int) -> None:
        self._container.increment(key, member, by)

    def delete(self, key: Key, *, etag: str | None = None) -> None:
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
        # Migrations need whole bodies.
        whole = members is None or self._schema.migrates(self.spec.name)
        documents = self._container.page(
            partition,
            prefix=prefix,
            after=after,
            limit=limit,
            members=None if whole else (*(members or ()), _VERSION),
        )
        read = [self._read(document) for document in documents]
        return read if members is None else [only(document, members) for document in read]

    def count(self, partition: str, *, prefix: str = "") -> int:
        return self._container.count(partition, prefix=prefix)

    def mark(self, partition: str) -> str:
        return self._container.mark(partition)

    def changes_since(
        self, partition: str, mark: str | None, *, limit: int = MAXIMUM_KEYS
    ) -> Changes:
        changes = self._container.changes_since(partition, mark, limit=limit)
        return replace(changes, documents=[self._read(document) for document in changes.documents])

    def partitions(
        self, continuation: str | None = None, *, limit: int = MAXIMUM_KEYS
    ) -> PartitionPage:
        return self._container.partitions(continuation, limit=limit)

    def batch(self, partition: str, operations: Sequence[Operation]) -> None:
        self._container.batch(
            partition,
            [
                operation
                if isinstance(operation, Delete)
                else replace(operation, body=self._marked(operation.body))
                for operation in operations
            ],
        )

    def _marked(self, body: Body) -> dict[str, Any]:
        if _VERSION in body:
            raise ValueError(f"The member {_VERSION!r} belongs to the document store.")
        return {**body, _VERSION: self._schema.version}

    def _read(self, document: Document) -> Document:
        body = dict(document.body)
        version: int = body.pop(_VERSION, _UNMARKED)
        present = self._schema.bring_forward(self.spec.name, document.key, body, version)
        return Document(document.key, present, document.etag)

    def _read_if_any(self, document: Document | None) -> Document | None:
        return None if document is None else self._read(document)
