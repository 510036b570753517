"""Idempotency-Key: a request that creates something takes effect once, however often it is sent.

For 24 hours, the same key with the same request gets the same response. A request whose response
was lost, by a crash or a fault, is executed again with the same ids: what its first attempt created
is found and not created twice. The same holds for concurrent requests.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from typing import Protocol

from shared.api.access.keys import KEY_PARAMETER
from shared.api.http import Request, Response
from shared.api.operations import Operation
from shared.domain.errors import (
    BadArgument,
    Forbidden,
    IdempotencyKeyReused,
    InvalidInput,
    LineamentError,
    NotFound,
    Unavailable,
)
from shared.domain.identifiers import RequestIds
from shared.storage.records.requests.answered_requests import AnsweredRequest, StoredAnswer

_log = logging.getLogger(__name__)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
"""Header of a repeated response."""
LONGEST_KEY = 128
_WITHOUT_EFFECT = (InvalidInput, NotFound, Forbidden)
"""Errors after which nothing was created: the key can be used again."""


class AnsweredRequests(Protocol):
    """Storage of requests and their responses."""

    def begin(self, request: AnsweredRequest) -> AnsweredRequest:
        """Store a request, or return the one that is stored under its digest."""
        ...

    def find(self, digest: str) -> AnsweredRequest | None:
        """The request under a digest, or None."""
        ...

    def finish(self, request: AnsweredRequest, answer: StoredAnswer) -> None:
        """Store the response, unless there is one already."""
        ...

    def forget(self, request: AnsweredRequest) -> None:
        """Remove a request that created nothing."""
        ...


class Idempotency:
    """Executes requests with a key once.

    Args:
        ids: the service's ids, which are derived while such a request is executed.
        requests: opens the storage, on first use.
    """

    def __init__(self, ids: RequestIds, requests: Callable[[], AnsweredRequests]) -> None:
        self._ids = ids
        self._requests = requests

    def respond(
        self, operation: Operation, request: Request, caller: str, produce: Callable[[], Response]
    ) -> Response:
        """The response to a request.

        Args:
            caller: keys of different callers are different keys.
            produce: executes the request.

        Raises:
            BadArgument: the key is not 1 to 128 printable ASCII characters.
            IdempotencyKeyReused: another request was sent with the key.
        """
        key = request.headers.get(HEADER.lower())
        if not operation.creates or key is None:
            return produce()
        if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            raise BadArgument(f"'{HEADER}' is invalid. Use 1 to {LONGEST_KEY} ASCII characters.")
        fingerprint = _fingerprint(operation, request)
        known = self._requests().begin(
            AnsweredRequest(_digest(caller, key), fingerprint, self._ids())
        )
        if known.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        if known.answer is not None:
            return _replayed(known.answer)
        return self._execute(known, produce)

    def _execute(self, known: AnsweredRequest, produce: Callable[[], Response]) -> Response:
        try:
            with self._ids.derived_from(known.namespace):
                response = produce()
        except LineamentError as error:
            # The same request, running concurrently, may have used up the quota.
            current = self._requests().find(known.digest)
            if current is not None and current.answer is not None:
                return _replayed(current.answer)
            if isinstance(error, _WITHOUT_EFFECT):
                self._requests().forget(known)
            raise
        answer = StoredAnswer(response.status, response.headers, response.body.decode())
        try:
            self._requests().finish(known, answer)
        except Unavailable:
            _log.warning("a response is not stored; its request may be executed again")
        return response


def _replayed(answer: StoredAnswer) -> Response:
    headers = {**answer.headers, REPLAYED: "true"}
    return Response(answer.status, headers, answer.body.encode())


def _digest(caller: str, key: str) -> str:
    """The name of a stored request, in hexadecimal digits; it reveals neither caller nor key."""
    return hashlib.sha256(json.dumps([caller, key]).encode()).hexdigest()


def _fingerprint(operation: Operation, request: Request) -> str:
    """A digest of everything that makes two requests the same, in hexadecimal digits."""
    query = {name: text for name, text in request.query.items() if name.lower() != KEY_PARAMETER}
    facts = [
        operation.name,
        sorted(request.route.items()),
        sorted(query.items()),
        request.headers.get("content-type", ""),
        hashlib.sha256(request.body).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
