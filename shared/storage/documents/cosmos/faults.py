"""Translates the Cosmos DB SDK's errors. Every call to the SDK goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.cosmos.exceptions import (
    CosmosBatchOperationError,
    CosmosClientTimeoutError,
    CosmosHttpResponseError,
)

from shared.domain.errors import (
    ConfigurationError,
    DocumentChanged,
    DocumentConflict,
    DocumentExists,
    DocumentMissing,
    Throttled,
    Unavailable,
)

_NOT_FOUND = 404
_TOO_MANY_REQUESTS = 429
_REFUSED = frozenset({401, 403})
_TRANSIENT = frozenset({408, 410, 449})
"""Timeout, partition moved, "retry with": a retry of the same request may succeed.

https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb
"""
_TOKEN_RETRY_SECONDS = 30
_OWNER_MISSING = frozenset({1003, 1013})
"""Sub-statuses of 404 for a container that does not exist, or not yet."""
_RETRY_HEADER = "x-ms-retry-after-ms"
_BROKEN = (
    ServiceRequestError,
    ServiceResponseError,
    IncompleteReadError,
    CosmosClientTimeoutError,
)
"""No response, or an incomplete one."""

_ServiceError = CosmosHttpResponseError | CosmosBatchOperationError


@contextmanager
def cosmos_faults(saw: Callable[[Mapping[str, str]], None]) -> Iterator[None]:
    """Translate the SDK's errors; it has retried already.

    Args:
        saw: called with the headers of a response that became an error.

    Raises:
        DocumentExists, DocumentMissing, DocumentChanged: a conditional write was not applied.
        Throttled: the request units are exhausted, with the seconds that the service asks to wait.
        Unavailable: no response, one that asks to retry, or no token for the identity.
        ConfigurationError: the container does not exist, or the key or identity is rejected.
    """
    try:
        yield
    except _BROKEN as error:
        raise Unavailable("Cosmos DB cannot be reached at the moment. Try again later.") from error
    except ClientAuthenticationError as error:  # Of the identity: Cosmos DB was not asked.
        raise Unavailable(
            "The identity of this service gets no token for Cosmos DB. Try again when its operator"
            " has restored it.",
            retry_after=_TOKEN_RETRY_SECONDS,
        ) from error
    except (CosmosHttpResponseError, CosmosBatchOperationError) as error:
        saw(_headers(error))
        translated = _conflict(error) or _trouble(error)
        if translated is None:
            raise
        raise translated from error


def _headers(error: HttpResponseError) -> Mapping[str, str]:
    """The headers of the response that became an error; empty if there was none."""
    headers: Mapping[str, str] | None = getattr(error, "headers", None)
    return headers or {}


def _conflict(error: _ServiceError) -> DocumentConflict | None:
    match error.status_code:
        case 409:
            return DocumentExists()
        case 412:
            return DocumentChanged()
        case 404 if _sub_status(error) not in _OWNER_MISSING:
            return DocumentMissing()
        case _:
            return None


def _trouble(error: _ServiceError) -> ConfigurationError | Unavailable | None:
    status = error.status_code or 0
    if status == _TOO_MANY_REQUESTS:
        return Throttled(_retry_after(error))
    if status in _TRANSIENT or status >= 500:
        return Unavailable(
            "Cosmos DB cannot answer at the moment. Try again later.",
            retry_after=_retry_after(error),
        )
    if status in _REFUSED:
        return ConfigurationError(
            "Cosmos DB rejects COSMOS_KEY, or the identity has no role on the database:"
            " assign it 'Cosmos DB Built-in Data Contributor'."
        )
    if status == _NOT_FOUND:
        return ConfigurationError(
            "The database or one of its containers does not exist in Cosmos DB. Deploy infra/, or"
            " set COSMOS_KEY, with which the service creates them."
        )
    return None


def _sub_status(error: Any) -> int:
    return int(error.sub_status or 0)


def _retry_after(error: HttpResponseError) -> int:
    """Milliseconds from the service as whole seconds, at least one."""
    text = str(_headers(error).get(_RETRY_HEADER, ""))
    milliseconds = int(text) if text.isascii() and text.isdigit() else 0
    return max(1, -(-milliseconds // 1_000))
