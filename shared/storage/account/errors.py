"""Translates the Azure SDKs' errors. Every call to an SDK goes through here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import (
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from shared.domain.errors import Throttled, Unavailable

_TOO_MANY_REQUESTS = 429
_REQUEST_TIMEOUT = 408
_DEFAULT_RETRY_SECONDS = 1
_BROKEN = (ServiceRequestError, ServiceResponseError, IncompleteReadError)
"""No response, or an incomplete one."""


@contextmanager
def storage_faults() -> Iterator[None]:
    """Raise Unavailable or Throttled if a retry may succeed; pass on every other error.

    The SDK has retried before. Errors that pass are mistakes in the code or the configuration, such
    as a missing container or a rejected identity.
    """
    try:
        yield
    except _BROKEN as error:
        raise _unreachable() from error
    except HttpResponseError as error:
        if isinstance(error.__cause__, _BROKEN):  # the code of an interrupted download
            raise _unreachable() from error
        status = error.status_code or 0
        if status == _TOO_MANY_REQUESTS:
            raise Throttled(_retry_after(error)) from error
        if status == _REQUEST_TIMEOUT or status >= 500:
            raise Unavailable(
                "Storage cannot answer at the moment. Try again later.",
                retry_after=_retry_after(error),
            ) from error
        raise


def _unreachable() -> Unavailable:
    return Unavailable("Storage cannot be reached at the moment. Try again later.")


def _retry_after(error: HttpResponseError) -> int:
    """The seconds to wait that the response asks for; 1 if it does not say."""
    headers = getattr(error.response, "headers", None) or {}
    text = str(headers.get("Retry-After", ""))
    return int(text) if text.isascii() and text.isdigit() else _DEFAULT_RETRY_SECONDS
