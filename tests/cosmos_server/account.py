"""A Cosmos DB account: databases, containers, and documents in partitions."""

from __future__ import annotations

import copy
import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from azure.cosmos import PartitionKey

MAXIMUM_ITEM_BYTES = 2 * 1024 * 1024
_HASH = PartitionKey(path="/pk")

RANGES = (
    {"id": "0", "minInclusive": "", "maxExclusive": "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"},
    {"id": "1", "minInclusive": "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "maxExclusive": "FF"},
)
"""The two physical partitions of every container. Version 2 hashes go up to 3FFF…."""


class Refused(Exception):
    """An error response of the service."""

    def __init__(self, status: int, code: str, message: str, *, sub_status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.sub_status = sub_status


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored document.

    Attributes:
        item: the document as readers get it.
        hash: the effective partition key, hex.
        sequence: the log sequence number of its last write; a batch has one for all.
        order: its position within that write.
        ends: the second at which it expires, if ever.
    """

    item: dict[str, Any]
    hash: str
    sequence: int
    order: int
    ends: int | None

    @property
    def etag(self) -> str:
        """The ETag, quoted."""
        return str(self.item["_etag"])


Documents = dict[tuple[str, str], Stored]
"""By partition key and id."""


@dataclass
class Container:
    """A container and its documents."""

    properties: dict[str, Any]
    documents: Documents = field(default_factory=dict)
    sequence: int = 0

    @property
    def default_ttl(self) -> int | None:
        """None: times to live are disabled. -1: enabled, without a default."""
        ttl: int | None = self.properties.get("defaultTtl")
        return ttl


@dataclass
class Account:
    """One account. Callers hold its server's lock.

    Attributes:
        now: seconds since the epoch.
        consistency: the account's default consistency level.
    """

    now: Callable[[], float]
    consistency: str = "Strong"
    databases: dict[str, dict[str, Container]] = field(default_factory=dict)
    lagging: dict[int, tuple[int, Documents]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def create_database(self, name: str) -> dict[str, Any]:
        """Create a database."""
        if name in self.databases:
            raise Refused(409, "Conflict", "The database exists already.")
        self.databases[name] = {}
        return self.database(name)

    def database(self, name: str) -> dict[str, Any]:
        """A database's properties."""
        if name not in self.databases:
            raise Refused(404, "NotFound", "Owner resource does not exist.", sub_status=1003)
        return {"id": name, "_rid": f"db-{name}", "_self": f"dbs/{name}/", "_ts": int(self.now())}

    def create_container(self, database: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Create a container."""
        self.database(database)
        name = properties["id"]
        if name in self.databases[database]:
            raise Refused(409, "Conflict", "The container exists already.")
        number = next(self._numbers)
        container = Container({**properties, "_rid": f"rid{number}", "_ts": int(self.now())})
        self.databases[database][name] = container
        return container.properties

    def container(self, database: str, name: str) -> Container:
        """A container."""
        self.database(database)
        if name not in self.databases[database]:
            raise Refused(404, "NotFound", "Owner resource does not exist.", sub_status=1003)
        return self.databases[database][name]

    def lag(self) -> None:
        """Stop replicating writes to one replica."""
        self.lagging = {
            id(container): (container.sequence, copy.deepcopy(container.documents))
            for containers in self.databases.values()
            for container in containers.values()
        }

    def readable(self, container: Container, consistency: str | None, seen: int) -> Documents:
        """The documents that a reader sees: all unexpired ones, or those of the lagging replica.

        Args:
            consistency: the request's consistency level; None: the account's default.
            seen: the highest sequence number in the request's session token; 0 without one.
        """
        documents = container.documents
        behind = self.lagging.get(id(container))
        level = consistency or self.consistency
        if behind is not None and (
            level in ("Eventual", "ConsistentPrefix") or (level == "Session" and seen <= behind[0])
        ):
            documents = behind[1]
        now = int(self.now())
        return {
            key: stored
            for key, stored in documents.items()
            if stored.ends is None or stored.ends > now
        }


class Transaction:
    """Writes to one partition of a container that become visible together."""

    def __init__(self, account: Account, container: Container, partition: str) -> None:
        self._account = account
        self._container = container
        self._partition = partition
        self._now = int(account.now())
        self._changed: dict[str, Stored | None] = {}
        self._orders = itertools.count()

    def create(self, item: dict[str, Any]) -> Stored:
        """Create a document whose id must not exist."""
        if self._find(self._id_of(item)) is not None:
            raise Refused(409, "Conflict", "Resource with specified id already exists.")
        return self._write(item)

    def upsert(self, item: dict[str, Any]) -> Stored:
        """Create or overwrite a document."""
        return self._write(item)

    def replace(self, identifier: str, item: dict[str, Any], etag: str | None) -> Stored:
        """Overwrite a document."""
        if self._id_of(item) != identifier:
            raise Refused(400, "BadRequest", "The ids of the path and the body differ.")
        self._present(identifier, etag)
        return self._write(item)

    def increment(self, identifier: str, operations: list[dict[str, Any]]) -> Stored:
        """Add to members of a document; an absent one is created with the value."""
        self._present(identifier, None)
        stored = self._find(identifier)
        item = {} if stored is None else dict(stored.item)
        for operation in operations:
            name = str(operation["path"]).removeprefix("/")
            if operation["op"] != "incr" or "/" in name:
                raise Refused(400, "BadRequest", "The stand-in only increments members.")
            item[name] = item.get(name, 0) + operation["value"]
        return self._write(item)

    def delete(self, identifier: str, etag: str | None) -> None:
        """Delete a document."""
        self._present(identifier, etag)
        self._changed[identifier] = None

    def commit(self) -> None:
        """Make all writes visible, in this order in the change feed."""
        self._container.sequence += 1
        for identifier, stored in self._changed.items():
            key = (self._partition, identifier)
            self._container.documents.pop(key, None)
            if stored is not None:
                self._container.documents[key] = stored

    def _id_of(self, item: dict[str, Any]) -> str:
        if item.get("pk") != self._partition:
            raise Refused(400, "BadRequest", "The body has another partition.", sub_status=1001)
        identifier = item.get("id")
        if not isinstance(identifier, str) or not 1 <= len(identifier.encode()) <= 1_023:
            raise Refused(400, "BadRequest", "The id is missing, empty or too long.")
        return identifier

    def _find(self, identifier: str) -> Stored | None:
        if identifier in self._changed:
            return self._changed[identifier]
        stored = self._container.documents.get((self._partition, identifier))
        alive = stored is not None and (stored.ends is None or stored.ends > self._now)
        return stored if alive else None

    def _present(self, identifier: str, etag: str | None) -> None:
        stored = self._find(identifier)
        if stored is None:
            raise Refused(404, "NotFound", "Resource Not Found.")
        if etag not in (None, "*", stored.etag):
            raise Refused(412, "PreconditionFailed", "The ETag is another.")

    def _write(self, item: dict[str, Any]) -> Stored:
        if len(json.dumps(item, ensure_ascii=False).encode()) > MAXIMUM_ITEM_BYTES:
            raise Refused(413, "RequestEntityTooLarge", "Request size is too large.")
        identifier = self._id_of(item)
        sequence = self._container.sequence + 1
        kept = {
            **item,
            "_rid": f"{self._container.properties['_rid']}-{self._partition}-{identifier}",
            "_self": "",
            "_etag": f'"{uuid.uuid4()}"',
            "_attachments": "attachments/",
            "_ts": self._now,
        }
        order = next(self._orders)
        ends = self._end(item.get("ttl"))
        stored = Stored(kept, partition_hash(self._partition), sequence, order, ends)
        self._changed[identifier] = stored
        return stored

    def _end(self, ttl: object) -> int | None:
        default = self._container.default_ttl
        if default is None:
            return None
        if ttl is not None and (not isinstance(ttl, int) or ttl == 0 or ttl < -1):
            raise Refused(400, "BadRequest", "The ttl is not valid.")
        lasting = default if ttl is None else ttl
        return None if lasting == -1 else self._now + lasting


def partition_hash(partition: str) -> str:
    """The effective partition key, by which documents are spread over physical partitions."""
    # No substitute: the SDK and the service use the same hash.
    return str(_HASH._get_epk_range_for_partition_key(partition).min)
