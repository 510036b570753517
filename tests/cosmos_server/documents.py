"""Requests about documents."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from tests.cosmos_server.account import (
    RANGES,
    Account,
    Container,
    Documents,
    Refused,
    Stored,
    Transaction,
    partition_hash,
)
from tests.cosmos_server.messages import (
    QUERY_CHARGE,
    READ_CHARGE,
    WRITE_CHARGE,
    Answer,
    Request,
)
from tests.cosmos_server.sql import UnsupportedQuery, parse

MAXIMUM_BATCH_OPERATIONS = 100
MAXIMUM_REQUEST_BYTES = 2 * 1024 * 1024
_FAILED_DEPENDENCY = 424


class DocumentRequests:
    """Executes requests on one container's documents.

    Args:
        page_limit: maximum number of results per response, whatever the request allows.
    """

    def __init__(self, account: Account, *, page_limit: int) -> None:
        self._account = account
        self._page_limit = page_limit
        self._cursors: dict[str, list[object]] = {}
        self._numbers = itertools.count(1)

    def create(self, request: Request, container: Container) -> Answer:
        """POST …/docs"""
        transaction = self._transaction(request, container)
        item = _item(request)
        if request.header("x-ms-documentdb-is-upsert"):
            stored = transaction.upsert(item)
        else:
            stored = transaction.create(item)
        transaction.commit()
        return _written(201, stored, request, container)

    def read(self, request: Request, container: Container, identifier: str) -> Answer:
        """GET …/docs/{id}"""
        stored = self._readable(request, container).get((_partition(request), identifier))
        if stored is None:
            raise Refused(404, "NotFound", "Resource Not Found.")
        if request.header("if-none-match") == stored.etag:
            return Answer(304, headers={"etag": stored.etag})
        return Answer(200, stored.item, _headers(container, READ_CHARGE, stored.etag))

    def replace(self, request: Request, container: Container, identifier: str) -> Answer:
        """PUT …/docs/{id}"""
        transaction = self._transaction(request, container)
        stored = transaction.replace(identifier, _item(request), request.header("if-match"))
        transaction.commit()
        return _written(200, stored, request, container)

    def patch(self, request: Request, container: Container, identifier: str) -> Answer:
        """PATCH …/docs/{id}, of which only the operation ``incr`` of a top-level member."""
        transaction = self._transaction(request, container)
        stored = transaction.increment(identifier, request.json()["operations"])
        transaction.commit()
        return _written(200, stored, request, container)

    def delete(self, request: Request, container: Container, identifier: str) -> Answer:
        """DELETE …/docs/{id}"""
        transaction = self._transaction(request, container)
        transaction.delete(identifier, request.header("if-match"))
        transaction.commit()
        return Answer(204, headers=_headers(container, WRITE_CHARGE))

    def batch(self, request: Request, container: Container) -> Answer:
        """POST …/docs with a list of operations: all or none."""
        if len(request.content) > MAXIMUM_REQUEST_BYTES:
            raise Refused(413, "RequestEntityTooLarge", "Request size is too large.")
        operations: list[dict[str, Any]] = request.json()
        if not 1 <= len(operations) <= MAXIMUM_BATCH_OPERATIONS:
            raise Refused(400, "BadRequest", "A batch has 1 to 100 operations.")
        transaction = self._transaction(request, container)
        results: list[dict[str, Any]] = []
        for place, operation in enumerate(operations):
            try:
                results.append(_apply(transaction, operation))
            except Refused as refused:
                results = [{"statusCode": _FAILED_DEPENDENCY} for _ in operations]
                results[place] = {"statusCode": refused.status, "subStatusCode": refused.sub_status}
                return Answer(207, results, _headers(container, WRITE_CHARGE))
        transaction.commit()
        return Answer(200, results, _headers(container, WRITE_CHARGE * len(operations)))

    def query(self, request: Request, container: Container) -> Answer:
        """POST …/docs with a query; pages have continuations."""
        continuation = request.header("x-ms-continuation")
        if continuation is None:
            results = self._results(request, container)
        elif continuation in self._cursors:
            results = self._cursors.pop(continuation)
        else:
            raise Refused(400, "BadRequest", "The continuation is not one of this server's.")
        size = self._page_size(request)
        headers = _headers(container, QUERY_CHARGE)
        if len(results) > size:
            headers["x-ms-continuation"] = f"cursor-{next(self._numbers)}"
            self._cursors[headers["x-ms-continuation"]] = results[size:]
        page = results[:size]
        body = {"_rid": container.properties["_rid"], "Documents": page, "_count": len(page)}
        return Answer(200, body, headers)

    def changes(self, request: Request, container: Container) -> Answer:
        """GET …/docs with A-IM: the changes since an ETag, in order, batches never split."""
        if (request.header("a-im") or "").lower() != "incremental feed":
            raise Refused(405, "MethodNotAllowed", "The stand-in has only the change feed here.")
        known = (request.header("if-none-match") or "0").strip('"')
        since = container.sequence if known == "*" else int(known)
        within = _asked_range(request)
        changed = sorted(
            (
                stored
                for stored in self._readable(request, container).values()
                if stored.sequence > since and within[0] <= stored.hash < within[1]
            ),
            key=lambda stored: (stored.sequence, stored.order),
        )
        size = self._page_size(request)
        page = [
            stored
            for place, stored in enumerate(changed)
            if place < size or stored.sequence == changed[size - 1].sequence
        ]
        last = page[-1].sequence if page else max(since, container.sequence)
        if not page:
            return Answer(304, headers=_headers(container, READ_CHARGE, f'"{last}"'))
        items = [{**stored.item, "_lsn": stored.sequence} for stored in page]
        body = {"_rid": container.properties["_rid"], "Documents": items, "_count": len(items)}
        return Answer(200, body, _headers(container, QUERY_CHARGE, f'"{last}"'))

    def _results(self, request: Request, container: Container) -> list[object]:
        asked: dict[str, Any] = request.json()
        parameters = {pair["name"]: pair["value"] for pair in asked.get("parameters") or ()}
        try:
            query = parse(asked["query"], parameters)
        except UnsupportedQuery as error:
            raise Refused(400, "BadRequest", str(error)) from error
        documents = self._readable(request, container)
        if request.header("x-ms-documentdb-partitionkey"):
            partition = _partition(request)
            items = [stored.item for key, stored in documents.items() if key[0] == partition]
            return query.run(items)
        if not request.header("x-ms-documentdb-query-enablecrosspartition"):
            raise Refused(400, "BadRequest", "Cross partition query is required but disabled.")
        if query.needs_one_partition:
            raise Refused(
                400, "BadRequest", "The query cannot be served by the gateway.", sub_status=1004
            )
        results: list[object] = []
        for one in RANGES:
            within = one["minInclusive"], one["maxExclusive"]
            results += query.run(
                [
                    stored.item
                    for stored in documents.values()
                    if within[0] <= stored.hash < within[1]
                ]
            )
        return results

    def _readable(self, request: Request, container: Container) -> Documents:
        return self._account.readable(
            container,
            request.header("x-ms-consistency-level"),
            _session_sequence(request.header("x-ms-session-token")),
        )

    def _transaction(self, request: Request, container: Container) -> Transaction:
        return Transaction(self._account, container, _partition(request))

    def _page_size(self, request: Request) -> int:
        asked = int(request.header("x-ms-max-item-count") or -1)
        return self._page_limit if asked < 1 else min(asked, self._page_limit)


def _apply(transaction: Transaction, operation: dict[str, Any]) -> dict[str, Any]:
    etag = operation.get("ifMatch")
    match operation["operationType"]:
        case "Create":
            stored = transaction.create(operation["resourceBody"])
            return {"statusCode": 201, "eTag": stored.etag}
        case "Upsert":
            stored = transaction.upsert(operation["resourceBody"])
            return {"statusCode": 200, "eTag": stored.etag}
        case "Replace":
            stored = transaction.replace(operation["id"], operation["resourceBody"], etag)
            return {"statusCode": 200, "eTag": stored.etag}
        case "Delete":
            transaction.delete(operation["id"], etag)
            return {"statusCode": 204}
        case other:
            raise Refused(400, "BadRequest", f"The stand-in does not know {other} in a batch.")


def _item(request: Request) -> dict[str, Any]:
    if len(request.content) > MAXIMUM_REQUEST_BYTES:
        raise Refused(413, "RequestEntityTooLarge", "Request size is too large.")
    item: dict[str, Any] = request.json()
    return item


def _partition(request: Request) -> str:
    header = request.header("x-ms-documentdb-partitionkey")
    key: list[str] = json.loads(header) if header else []
    if len(key) != 1:
        raise Refused(400, "BadRequest", "One partition key is needed.", sub_status=1001)
    return key[0]


def _asked_range(request: Request) -> tuple[str, str]:
    """The range of effective partition keys of a change feed request."""
    partition = request.header("x-ms-documentdb-partitionkey")
    if partition is not None:
        point = partition_hash(_partition(request))
        return point, point + "0"
    number = request.header("x-ms-documentdb-partitionkeyrangeid")
    ranges = [one for one in RANGES if one["id"] == number]
    if not ranges:
        raise Refused(410, "Gone", "The partition key range is not there.", sub_status=1002)
    start, end = ranges[0]["minInclusive"], ranges[0]["maxExclusive"]
    return (
        max(start, request.header("x-ms-start-epk") or start),
        min(end, request.header("x-ms-end-epk") or end),
    )


def _written(status: int, stored: Stored, request: Request, container: Container) -> Answer:
    minimal = request.header("prefer") == "return=minimal"
    body = None if minimal else stored.item
    return Answer(status, body, _headers(container, WRITE_CHARGE, stored.etag))


def _headers(container: Container, charge: float, etag: str | None = None) -> dict[str, str]:
    headers = {
        "x-ms-request-charge": str(charge),
        "x-ms-session-token": f"0:-1#{container.sequence}",
    }
    return headers if etag is None else {**headers, "etag": etag}


def _session_sequence(token: str | None) -> int:
    """The highest sequence number in a session token such as ``0:-1#12``."""
    return max((int(number) for number in re.findall(r"#(\d+)", token or "")), default=0)
