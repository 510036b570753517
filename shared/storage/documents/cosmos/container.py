"""One container of Cosmos DB for NoSQL.

Only `get_many`, which the SDK turns into one request per physical partition, and `partitions` cross
partitions. Other queries stay in one and filter by `id` only, except those of `select`. The order
of changes is the change feed's: documents of a partition appear in the order of their last write.
The feed's continuation is the mark, so that neither an overlap nor a clock is needed (`_ts` has
whole seconds).
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec
from azure.core import MatchConditions
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from shared.domain.errors import DocumentExists, DocumentMissing, InvalidContinuation
from shared.storage.documents.cosmos.charges import ChargeMeter, Recorder, metered
from shared.storage.documents.cosmos.faults import cosmos_faults
from shared.storage.documents.cosmos.queries import id_conditions, selection
from shared.storage.documents.limits import LIVES_FOREVER, effective_ttl
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
)
from shared.storage.layout import ContainerSpec

if TYPE_CHECKING:
    from azure.core.paging import PageIterator

_decoder: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])

_POINT_READS = 3
"""Number of documents up to which they are read one by one: a query costs as many request units."""

_WRITES_AT_ONCE = 8
"""Concurrent requests of create_many, for which Cosmos DB has no bulk request. urllib3 keeps ten
connections per host."""

_BAD_REQUEST = 400
_RETRY_WITH = 449
_INCREMENT_ATTEMPTS = 8
_LONGEST_PAUSE = 0.1
"""Maximum seconds between two attempts of an increment."""

_STORES_OWN = frozenset({"id", "pk", "ttl"})


class CosmosDocumentContainer:
    """A DocumentContainer in one Cosmos DB container, created by CosmosDocumentStore.container.

    Thread-safe. Times to live are exact to a second, by the service's clock.
    """

    def __init__(self, spec: ContainerSpec, items: ContainerProxy, record: Recorder) -> None:
        self._spec = spec
        self._items = items
        self._record = record

    @property
    def spec(self) -> ContainerSpec:
        """The container's name and settings."""
        return self._spec

    def get(self, key: Key) -> Document | None:
        """See DocumentContainer.get. A point read."""
        try:
            with self._operation("get") as meter:
                item = self._items.read_item(key.id, key.partition, response_hook=meter.read)
        except DocumentMissing:
            return None
        return _document(item)

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """See DocumentContainer.get_many."""
        if not keys:
            return []
        wanted = list(dict.fromkeys(keys))
        if len(wanted) <= _POINT_READS:
            few = {key: self.get(key) for key in wanted}
            return [few[key] for key in keys]
        with self._operation("get_many") as meter:
            items = self._items.read_items(
                [(key.id, key.partition) for key in wanted], response_hook=meter.read
            )
        # By partition and id: the SDK returns no order, and an id may exist in several partitions.
        found = {Key(item["pk"], item["id"]): item for item in items}
        return [_document(found[key]) if key in found else None for key in keys]

    def create(self, key: Key, body: Body, *, ttl: int | None = None) -> Document:
        """See DocumentContainer.create."""
        item = self._item(key, body, ttl)
        with self._operation("create") as meter:
            return _document(self._items.create_item(item, response_hook=meter.read))

    def create_many(
        self, documents: Sequence[tuple[Key, Body]], *, ttl: int | None = None
    ) -> list[bool]:
        """See DocumentContainer.create_many."""
        if not documents:
            return []
        write = partial(self._create_if_free, ttl=ttl)
        if len(documents) == 1:
            return [write(documents[0])]
        with ThreadPoolExecutor(min(_WRITES_AT_ONCE, len(documents))) as threads:
            return list(threads.map(write, documents))

    def _create_if_free(self, document: tuple[Key, Body], *, ttl: int | None) -> bool:
        try:
            self.create(*document, ttl=ttl)
        except DocumentExists:
            return False
        return True

    def replace(
        self, key: Key, body: Body, *, etag: str | None = None, ttl: int | None = None
    ) -> Document:
        """See DocumentContainer.replace."""
        item = self._item(key, body, ttl)
        with self._operation("replace") as meter:
            return _document(
                self._items.replace_item(key.id, item, response_hook=meter.read, **_condition(etag))
            )

    def increment(self, key: Key, member: str, by: int) -> None:
        """See DocumentContainer.increment. A patch, which the service applies to the document.

        Concurrent patches of one document get status 449, which asks for a retry; Microsoft's other
        SDKs retry by themselves.
        """
        steps = [{"op": "incr", "path": f"/{member}", "value": by}]
        with self._operation("increment") as meter:
            for attempt in range(1, _INCREMENT_ATTEMPTS + 1):
                try:
                    self._items.patch_item(key.id, key.partition, steps, response_hook=meter.read)
                except CosmosHttpResponseError as error:
                    if error.status_code != _RETRY_WITH or attempt == _INCREMENT_ATTEMPTS:
                        raise
                    time.sleep(random.uniform(0, _LONGEST_PAUSE))  # noqa: S311 - spreads attempts
                else:
                    return

    def delete(self, key: Key, *, etag: str | None = None) -> None:
        """See DocumentContainer.delete."""
        with self._operation("delete") as meter:
            self._items.delete_item(
                key.id, key.partition, response_hook=meter.read, **_condition(etag)
            )

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
        wanted = selection(members)
        conditions, parameters = id_conditions(prefix, after)
        parameters.append({"name": "@limit", "value": limit})
        query = (
            f"SELECT TOP @limit {wanted} FROM c{conditions}"  # noqa: S608 - names are checked
            " ORDER BY c.id"
        )
        with self._operation("page") as meter:
            items = self._items.query_items(
                query,
                parameters,
                partition_key=partition,
                max_item_count=limit,
                response_hook=meter.read,
            )
            return [_document(item) for item in items]

    def count(self, partition: str, *, prefix: str = "") -> int:
        """See DocumentContainer.count."""
        conditions, parameters = id_conditions(prefix, "")
        query = f"SELECT VALUE COUNT(1) FROM c{conditions}"  # noqa: S608 - constants
        with self._operation("count") as meter:
            counts = self._items.query_items(
                query, parameters, partition_key=partition, response_hook=meter.read
            )
            return sum(int(str(count)) for count in counts)

    def select(
        self, operation: str, partition: str, query: str, parameters: Mapping[str, object]
    ) -> list[Mapping[str, Any]]:
        """The rows of a query within one partition.

        Args:
            operation: the name under which its charge is recorded.
            query: a constant, in Cosmos DB's SQL.
            parameters: values by name, with the ``@``.
        """
        given = [{"name": name, "value": value} for name, value in parameters.items()]
        with self._operation(operation) as meter:
            return list(
                self._items.query_items(
                    query, given, partition_key=partition, response_hook=meter.read
                )
            )

    def mark(self, partition: str) -> str:
        """See DocumentContainer.mark."""
        with self._operation("mark") as meter:
            return self._changes(partition, None, 1, meter, start="Now")[1]

    def changes_since(
        self, partition: str, mark: str | None, *, limit: int = MAXIMUM_KEYS
    ) -> Changes:
        """See DocumentContainer.changes_since. A document is repeated only if it changed again.

        The change feed never splits a batch, so that the limit may be exceeded by 99 documents.

        Raises:
            ValueError: the mark is not valid for this container.
        """
        documents: list[Document] = []
        with self._operation("changes_since") as meter:
            while len(documents) < limit:
                step, mark = self._changes(partition, mark, limit - len(documents), meter)
                if not step:
                    return Changes(documents, mark, more=False)
                documents += step
            beyond, _ = self._changes(partition, mark, 1, meter)
        return Changes(documents, mark or "", more=bool(beyond))

    def partitions(
        self, continuation: str | None = None, *, limit: int = MAXIMUM_KEYS
    ) -> PartitionPage:
        """See DocumentContainer.partitions. Reads up to ``limit`` documents, wherever they are.

        Without an order, so that the gateway answers page by page and a page has a bounded charge.
        """
        try:
            with self._operation("partitions") as meter:
                pages = cast(
                    "PageIterator[Mapping[str, str]]",
                    self._items.query_items(
                        "SELECT c.pk FROM c",
                        enable_cross_partition_query=True,
                        max_item_count=limit,
                        response_hook=meter.read,
                    ).by_page(continuation),
                )
                names = frozenset(item["pk"] for item in next(pages, ()))
        except CosmosHttpResponseError as error:
            if continuation is None or error.status_code != _BAD_REQUEST:
                raise
            raise InvalidContinuation from error
        return PartitionPage(names, pages.continuation_token or None)

    def batch(self, partition: str, operations: Sequence[Operation]) -> None:
        """See DocumentContainer.batch."""
        if not operations:
            return
        steps = [self._step(partition, operation) for operation in operations]
        with self._operation("batch") as meter:
            self._items.execute_item_batch(steps, partition, response_hook=meter.read)

    @contextmanager
    def _operation(self, name: str) -> Iterator[ChargeMeter]:
        """Runs one call of the protocol: translates its errors and records its charge."""
        with metered(self._record, name, self._spec.name) as meter, cosmos_faults(meter.read):
            yield meter

    def _changes(
        self,
        partition: str,
        mark: str | None,
        limit: int,
        meter: ChargeMeter,
        start: Literal["Beginning", "Now"] = "Beginning",
    ) -> tuple[list[Document], str]:
        """One step of the change feed, and the continuation after it."""
        headers: list[Mapping[str, str]] = []

        def read(response: Mapping[str, str], body: object) -> None:
            meter.read(response, body)
            headers.append(response)

        feed = self._items.query_items_change_feed(
            partition_key=partition,
            start_time=start,
            max_item_count=limit,
            response_hook=read,
        )
        items = list(next(feed.by_page(mark), ()))
        # The SDK replaces the service's continuation by its own after the step. It also leaves it
        # in the client's last_response_headers, which threads share.
        return [_document(item) for item in items], headers[-1]["etag"]

    def _step(
        self, partition: str, operation: Operation
    ) -> tuple[str, tuple[Any, ...], dict[str, str]]:
        """An operation in the SDK's form of a batch."""
        match operation:
            case Create(identifier, body, ttl):
                return "create", (self._item(Key(partition, identifier), body, ttl),), {}
            case Replace(identifier, body, etag, ttl):
                item = self._item(Key(partition, identifier), body, ttl)
                return "replace", (identifier, item), _step_condition(etag)
            case Delete(identifier, etag):
                return "delete", (identifier,), _step_condition(etag)

    def _item(self, key: Key, body: Body, ttl: int | None) -> dict[str, Any]:
        """A document in Cosmos DB's form. A ttl of -1 means that it never expires."""
        item = _decoder.decode(msgspec.json.encode(body))  # as in JSON: tuples become lists
        item.update(id=key.id, pk=key.partition)
        if ttl is not None:
            lasting = effective_ttl(self._spec, ttl)
            item["ttl"] = LIVES_FOREVER if lasting is None else lasting
        return item


def _document(item: Mapping[str, Any]) -> Document:
    body = {
        name: value
        for name, value in item.items()
        if name not in _STORES_OWN and not name.startswith("_")
    }
    return Document(Key(item["pk"], item["id"]), body, item["_etag"])


def _condition(etag: str | None) -> dict[str, Any]:
    if etag is None:
        return {}
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _step_condition(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"if_match_etag": etag}
