"""Errors of requests that may succeed later."""

from __future__ import annotations

from shared.domain.errors.root import LineamentError


class Unavailable(LineamentError):
    """The service cannot answer now.

    Args:
        message: what is exhausted or unreachable.
        retry_after: seconds after which a retry makes sense.
    """

    code = "ServiceUnavailable"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Unavailable):
    """The queue in front of the inference gate is full."""

    def __init__(self) -> None:
        super().__init__("The service is busy. Try again in a second.")


class Throttled(Unavailable):
    """A rate limit of the service or of the database is exceeded."""

    code = "429"

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("Rate limit is exceeded.", retry_after=retry_after)
