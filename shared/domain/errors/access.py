"""Errors of callers that are not authenticated, or not allowed to do what they ask."""

from __future__ import annotations

from shared.domain.errors.root import LineamentError


class Unauthorized(LineamentError):
    """The request has no valid key."""

    code = "401"
    text = (
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to"
        " provide a valid key for an active subscription and use a correct regional API endpoint"
        " for your resource. Send the key in the header Ocp-Apim-Subscription-Key; `make run`"
        " prints one."
    )


class InvalidToken(Unauthorized):
    """The request's Entra ID token is not valid.

    Args:
        reason: what is wrong with it, as the end of a sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"Access denied: the access token {reason}.")
        self.reason = reason


class CallerNotAllowed(Unauthorized):
    """The token is valid, but the caller is not on the operator's list. Azure returns 401 too."""

    code = "PermissionDenied"
    text = "Principal does not have access to API/Operation."


class Forbidden(LineamentError):
    """The caller is authenticated, but the request is not allowed."""

    code = "Forbidden"


class QuotaExceeded(Forbidden):
    """A quota on stored data is reached."""

    code = "QuotaExceeded"


class PersistedFaceLimitReached(QuotaExceeded):
    """A person or a list has its maximum number of persisted faces."""

    text = "Persisted face number reached limit."


class UnsupportedFeature(Forbidden):
    """A feature that this service does not offer on principle."""

    code = "UnsupportedFeature"
