"""Translates the Azure SDKs' errors. Every call to an SDK goes through here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from shared.domain.errors import LineamentError, Throttled, Unavailable

_TOO_MANY_REQUESTS = 429
_REQUEST_TIMEOUT = 408
_DENIED = frozenset({401, 403})
_MISSING = 404
_HELD = frozenset({409, 412})
"""A lease, a policy, or a container that is being deleted."""
_DEFAULT_RETRY_SECONDS = 1
_OPERATOR_RETRY_SECONDS = 30
"""Used when the operator must act, or a new role must take effect."""
_BROKEN = (ServiceRequestError, ServiceResponseError, IncompleteReadError)
"""No response, or an incomplete one."""


@contextmanager
def storage_faults() -> Iterator[None]:
    """Translate every error of the SDK, which has retried already.

    Expected responses, for example that a blob does not exist, are handled inside the context.

    Raises:
        Throttled: the account throttles requests.
        Unavailable: there was no response, or a later request may succeed, for example after the
            operator has restored access.
        LineamentError: the account rejects the request itself.
    """
    try:
        yield
    except AzureError as error:
        raise _translated(error) from error


def unreachable() -> Unavailable:
    """The error for a storage account that does not respond."""
    return Unavailable("Storage cannot be reached at the moment. Try again later.")


def _translated(error: AzureError) -> LineamentError:
    # An interrupted download is an HttpResponseError with the status of its beginning.
    if isinstance(error, _BROKEN) or isinstance(error.__cause__, _BROKEN):
        return unreachable()
    status = (error.status_code or 0) if isinstance(error, HttpResponseError) else 0
    # An identity that receives no token has no status.
    if status in _DENIED or isinstance(error, ClientAuthenticationError):
        return Unavailable(
            "Storage denies access to this service. Try again when its operator has restored it.",
            retry_after=_OPERATOR_RETRY_SECONDS,
        )
    if status == _MISSING:
        return Unavailable(
            "A container or queue of this service is missing in storage. Try again when its"
            " operator has made it.",
            retry_after=_OPERATOR_RETRY_SECONDS,
        )
    if status in _HELD:
        return Unavailable(
            "Storage does not allow this at the moment: a lease or a policy is in the way.",
            retry_after=_OPERATOR_RETRY_SECONDS,
        )
    if status == _TOO_MANY_REQUESTS:
        return Throttled(_retry_after(error))
    if status == _REQUEST_TIMEOUT or status >= 500:
        return Unavailable(
            "Storage cannot answer at the moment. Try again later.",
            retry_after=_retry_after(error),
        )
    return LineamentError("Storage rejects a request of this service.")


def _retry_after(error: AzureError) -> int:
    """Seconds to wait according to the response; 1 if it does not say."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    text = str(headers.get("Retry-After", ""))
    return int(text) if text.isascii() and text.isdigit() else _DEFAULT_RETRY_SECONDS
