"""One container of the embedded document store: one table, clustered by partition and id.

Reading in order of id therefore reads the file sequentially. Every write takes the next number of
one sequence in the file, which is the document's ETag and its position among the changes. Writes
are serialised, so that numbers are in order of commit and readers miss none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from shared.domain.clock import Clock
from shared.domain.errors import DocumentChanged, DocumentExists, DocumentMissing
from shared.storage.documents.limits import effective_ttl
from shared.storage.documents.sqlite.database import SqliteDatabase
from shared.storage.documents.sqlite.statements import (
    LAST_CHANGE,
    NEXT_CHANGE,
    TABLE_PREFIX,
    Statements,
)
from shared.storage.documents.store import (
    MAXIMUM_KEYS,
    Body,
    Changes,
    Create,
    Delete,
    Document,
    Key,
    Operation,
    PartitionPage,
    Replace,
    only,
)
from shared.storage.layout import ContainerSpec

_decoder: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


class SqliteDocumentContainer:
    """A DocumentContainer in one table, created by SqliteDocumentStore.container."""

    def __init__(self, spec: ContainerSpec, database: SqliteDatabase, clock: Clock) -> None:
        """Create the table if it does not exist."""
        self._spec = spec
        self._database = database
        self._clock = clock
        table = TABLE_PREFIX + spec.name
        self._statements = Statements(table)
        with database.writing() as connection:
            for statement in self._statements.schema:
                connection.execute(statement)

    @property
    def spec(self) -> ContainerSpec:
        """The container's name and settings."""
        return self._spec

    def get(self, key: Key) -> Document | None:
        """See DocumentContainer.get."""
        return self.get_many([key])[0]

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """See DocumentContainer.get_many."""
        if not keys:
            return []
        now = self._now()
        with self._database.reading() as connection:
            rows = [
                connection.execute(
                    self._statements.get, {"partition": key.partition, "id": key.id, "now": now}
                ).fetchone()
                for key in keys
            ]
        return [
            None if row is None else _document(key.partition, row)
            for key, row in zip(keys, rows, strict=True)
        ]

    def create(self, key: Key, body: Body, *, ttl: int | None = None) -> Document:
        """See DocumentContainer.create."""
        return self._write(key, Create(key.id, body, ttl), msgspec.json.encode(body))

    def create_many(
        self, documents: Sequence[tuple[Key, Body]], *, ttl: int | None = None
    ) -> list[bool]:
        """See DocumentContainer.create_many."""
        if not documents:
            return []
        bodies = [msgspec.json.encode(body) for _, body in documents]
        with self._database.writing() as connection:
            return [
                self._insert(connection, key.partition, Create(key.id, {}, ttl), body) is not None
                for (key, _), body in zip(documents, bodies, strict=True)
            ]

    def replace(
        self, key: Key, body: Body, *, etag: str | None = None, ttl: int | None = None
    ) -> Document:
        """See DocumentContainer.replace."""
        return self._write(key, Replace(key.id, body, etag, ttl), msgspec.json.encode(body))

    def increment(self, key: Key, member: str, by: int) -> None:
        """See DocumentContainer.increment."""
        with self._database.writing() as connection:
            place = {"partition": key.partition, "id": key.id, "now": self._now()}
            row = connection.execute(self._statements.get, place).fetchone()
            body = {} if row is None else _decoder.decode(row[1])
            more = {**body, member: body.get(member, 0) + by}
            written = Replace(key.id, more)
            self._replace(connection, key.partition, written, msgspec.json.encode(more))

    def delete(self, key: Key, *, etag: str | None = None) -> None:
        """See DocumentContainer.delete."""
        with self._database.writing() as connection:
            self._delete(connection, key.partition, Delete(key.id, etag))

    def page(
        self,
        partition: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int = MAXIMUM_KEYS,
        members: Sequence[str] | None = None,
    ) -> list[Document]:
        """See DocumentContainer.page."""
        parameters = {
            "partition": partition,
            "prefix": prefix,
            "end": _first_after_prefix(prefix),
            "after": after,
            "now": self._now(),
            "limit": limit,
        }
        with self._database.reading() as connection:
            rows = connection.execute(self._statements.page, parameters).fetchall()
        documents = [_document(partition, row) for row in rows]
        return documents if members is None else [only(document, members) for document in documents]

    def count(self, partition: str, *, prefix: str = "") -> int:
        """See DocumentContainer.count."""
        parameters: dict[str, str | float | None] = {"partition": partition, "now": self._now()}
        if prefix:
            statement = self._statements.count
            parameters.update(prefix=prefix, end=_first_after_prefix(prefix))
        else:
            statement = self._statements.count_all
        with self._database.reading() as connection:
            total: int = connection.execute(statement, parameters).fetchone()[0]
        return total

    def mark(self, partition: str) -> str:
        """See DocumentContainer.mark. It is exact here."""
        with self._database.reading() as connection:
            return str(connection.execute(LAST_CHANGE).fetchone()[0])

    def changes_since(
        self, partition: str, mark: str | None, *, limit: int = MAXIMUM_KEYS
    ) -> Changes:
        """See DocumentContainer.changes_since. A document is repeated only if it changed again.

        Raises:
            ValueError: the mark is not valid for this store.
        """
        parameters = {
            "partition": partition,
            "mark": int(mark or "0"),
            "now": self._now(),
            "limit": limit + 1,
        }
        with self._database.reading() as connection:
            rows = connection.execute(self._statements.changes, parameters).fetchall()
        more = len(rows) > limit
        rows = rows[:limit]
        return Changes(
            documents=[_document(partition, row) for row in rows],
            mark=str(rows[-1][2]) if rows else mark or "0",
            more=more,
        )

    def partitions(
        self, continuation: str | None = None, *, limit: int = MAXIMUM_KEYS
    ) -> PartitionPage:
        """See DocumentContainer.partitions. In order of name; reads one index entry per name.

        The continuation is the last name. A partition whose documents have all expired is included
        until they are swept.
        """
        names: list[str] = []
        last = continuation or ""
        with self._database.reading() as connection:
            while len(names) < limit:
                found = connection.execute(self._statements.next_partition, {"after": last})
                last = found.fetchone()[0]
                if last is None:
                    return PartitionPage(frozenset(names), None)
                names.append(last)
        return PartitionPage(frozenset(names), last)

    def batch(self, partition: str, operations: Sequence[Operation]) -> None:
        """See DocumentContainer.batch."""
        with self._database.writing() as connection:
            for operation in operations:
                match operation:
                    case Create():
                        body = msgspec.json.encode(operation.body)
                        self._create(connection, partition, operation, body)
                    case Replace():
                        body = msgspec.json.encode(operation.body)
                        self._replace(connection, partition, operation, body)
                    case Delete():
                        self._delete(connection, partition, operation)

    def _write(self, key: Key, operation: Create | Replace, body: bytes) -> Document:
        with self._database.writing() as connection:
            if isinstance(operation, Create):
                change = self._create(connection, key.partition, operation, body)
            else:
                change = self._replace(connection, key.partition, operation, body)
        return Document(key, _decoder.decode(body), _etag(change))

    def _create(
        self, connection: sqlite3.Connection, partition: str, operation: Create, body: bytes
    ) -> int:
        change = self._insert(connection, partition, operation, body)
        if change is None:
            raise DocumentExists
        return change

    def _insert(
        self, connection: sqlite3.Connection, partition: str, operation: Create, body: bytes
    ) -> int | None:
        """Create a document; returns its change number, or None if its id exists."""
        written = self._row(connection, partition, operation, body)
        if connection.execute(self._statements.create, written).rowcount == 0:
            return None
        return int(written["change"])

    def _replace(
        self, connection: sqlite3.Connection, partition: str, operation: Replace, body: bytes
    ) -> int:
        self._check_present(connection, partition, operation)
        written = self._row(connection, partition, operation, body)
        connection.execute(self._statements.replace, written)
        return int(written["change"])

    def _delete(self, connection: sqlite3.Connection, partition: str, operation: Delete) -> None:
        self._check_present(connection, partition, operation)
        connection.execute(self._statements.delete, {"partition": partition, "id": operation.id})

    def _check_present(
        self, connection: sqlite3.Connection, partition: str, operation: Replace | Delete
    ) -> None:
        row = connection.execute(
            self._statements.get, {"partition": partition, "id": operation.id, "now": self._now()}
        ).fetchone()
        if row is None:
            raise DocumentMissing
        if operation.etag is not None and operation.etag != _etag(row[2]):
            raise DocumentChanged

    def _row(
        self,
        connection: sqlite3.Connection,
        partition: str,
        operation: Create | Replace,
        body: bytes,
    ) -> dict[str, Any]:
        """The columns of a write, with the next number of the sequence."""
        now = self._now()
        ttl = effective_ttl(self._spec, operation.ttl)
        return {
            "partition": partition,
            "id": operation.id,
            "expires": None if ttl is None else now + ttl,
            "change": connection.execute(NEXT_CHANGE).fetchone()[0],
            "body": body,
            "now": now,
        }

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _document(partition: str, row: tuple[str, bytes, int]) -> Document:
    identifier, body, change = row
    return Document(Key(partition, identifier), _decoder.decode(body), _etag(change))


def _etag(change: int) -> str:
    return f"{change:x}"


def _first_after_prefix(prefix: str) -> str | None:
    """The least text greater than every text with that prefix; None if there is none.

    SQLite compares texts by their UTF-8 bytes, which is by code points.
    """
    for place in range(len(prefix) - 1, -1, -1):
        following = ord(prefix[place]) + 1
        if 0xD800 <= following <= 0xDFFF:  # surrogates are not characters
            following = 0xE000
        if following <= 0x10FFFF:
            return prefix[:place] + chr(following)
    return None
