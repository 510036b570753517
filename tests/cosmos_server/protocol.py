"""Dispatches requests to operations by path, method and headers."""

from __future__ import annotations

from typing import Any

from tests.cosmos_server.account import RANGES, Account, Container, Refused
from tests.cosmos_server.documents import DocumentRequests
from tests.cosmos_server.messages import Answer, Request


class Protocol:
    """Executes requests on an account. Not thread-safe."""

    def __init__(self, account: Account, *, page_limit: int) -> None:
        self._account = account
        self._documents = DocumentRequests(account, page_limit=page_limit)

    def answer(self, request: Request, *, owner: bool, url: str) -> Answer:
        """Execute a request.

        Args:
            owner: whether the caller has the account's key; an identity may not create containers.
            url: the server's address.

        Raises:
            Refused: with the status of the response.
        """
        match request.segments:
            case []:
                return Answer(200, self._account_properties(url))
            case ["dbs"] if request.method == "POST":
                _for_owners(owner)
                return Answer(201, self._account.create_database(request.json()["id"]))
            case ["dbs", database] if request.method == "GET":
                return Answer(200, self._account.database(database))
            case ["dbs", database, "colls"] if request.method == "POST":
                _for_owners(owner)
                return Answer(201, self._account.create_container(database, request.json()))
            case ["dbs", database, "colls", name] if request.method == "GET":
                try:
                    found = self._account.container(database, name)
                except Refused as refused:
                    # For the container itself the service does not say which owner is missing.
                    raise Refused(404, "NotFound", "Resource Not Found.") from refused
                return Answer(200, found.properties)
            case ["dbs", database, "colls", name, "pkranges"] if request.method == "GET":
                return _ranges(request, self._account.container(database, name))
            case ["dbs", database, "colls", name, "docs", *rest]:
                container = self._account.container(database, name)
                return self._document_answer(request, container, rest)
            case _:
                raise Refused(405, "MethodNotAllowed", "The stand-in does not know this request.")

    def _document_answer(self, request: Request, container: Container, rest: list[str]) -> Answer:
        documents = self._documents
        match request.method, rest:
            case "GET", []:
                return documents.changes(request, container)
            case "POST", [] if request.header("x-ms-cosmos-is-batch-request"):
                return documents.batch(request, container)
            case "POST", [] if request.header("x-ms-documentdb-isquery"):
                return documents.query(request, container)
            case "POST", []:
                return documents.create(request, container)
            case "GET", [identifier]:
                return documents.read(request, container, identifier)
            case "PUT", [identifier]:
                return documents.replace(request, container, identifier)
            case "PATCH", [identifier]:
                return documents.patch(request, container, identifier)
            case "DELETE", [identifier]:
                return documents.delete(request, container, identifier)
            case _:
                raise Refused(405, "MethodNotAllowed", "The stand-in does not know this request.")

    def _account_properties(self, url: str) -> dict[str, Any]:
        region = [{"name": "Nowhere", "databaseAccountEndpoint": url}]
        return {
            "id": "stand-in",
            "_rid": "stand-in",
            "writableLocations": region,
            "readableLocations": region,
            "enableMultipleWriteLocations": False,
            "userConsistencyPolicy": {"defaultConsistencyLevel": self._account.consistency},
        }


def _for_owners(owner: bool) -> None:
    if not owner:
        raise Refused(
            403,
            "Forbidden",
            "Request blocked by Auth: no permission.",
            sub_status=5300,
        )


def _ranges(request: Request, container: Container) -> Answer:
    etag = '"ranges-1"'
    if request.header("if-none-match") == etag:
        return Answer(304, headers={"etag": etag})
    body = {"_rid": container.properties["_rid"], "PartitionKeyRanges": RANGES, "_count": 2}
    return Answer(200, body, {"etag": etag})
