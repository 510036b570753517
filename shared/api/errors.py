"""Maps errors to HTTP; the only module that does."""

from __future__ import annotations

import errno

import msgspec

from shared.api.bodies.wire import ErrorAnswer, ErrorDetail, RectangleAnswer
from shared.api.http import JSON_HEADERS, Response
from shared.api.operations import Operation
from shared.domain import errors

_STATUS: tuple[tuple[type[errors.LineamentError], int], ...] = (
    (errors.InvalidInput, 400),
    (errors.Unauthorized, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.MethodNotAllowed, 405),
    (errors.Conflict, 409),
    (errors.Retired, 410),
    (errors.LengthRequired, 411),
    (errors.UnsupportedMediaType, 415),
    (errors.Throttled, 429),
    (errors.Unavailable, 503),
)
_DISK_FAULTS = {
    errno.ENOSPC: "The disk of the data folder is full.",
    errno.EDQUOT: "The disk quota of the data folder is used up.",
    errno.EROFS: "The data folder is on a read-only disk.",
    errno.EACCES: "The data folder cannot be written: permission is denied.",
    errno.EPERM: "The data folder cannot be written: permission is denied.",
    errno.EIO: "The disk of the data folder fails.",
    errno.ENOTDIR: "The data folder has a file in the place of a folder.",
    errno.EEXIST: "The data folder has a file in the place of a folder.",
    errno.EMFILE: "The service has too many files open.",
    errno.ENFILE: "This machine has too many files open.",
}
_DISK_RETRY_SECONDS = 5
_UNEXPECTED = "The service failed unexpectedly. Try again; if it persists, tell the operator."


def status_of(error: errors.LineamentError, operation: Operation | None) -> int:
    """The HTTP status of an error; 500 for errors that callers cannot cause."""
    if operation is not None and isinstance(error, operation.named_in_body):
        return 400
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def error_response(error: errors.LineamentError, operation: Operation | None) -> Response:
    """The response of an error."""
    status = status_of(error, operation)
    if status == 500:
        return unexpected_response()
    headers = dict(JSON_HEADERS)
    headers["x-ms-error-code"] = error.error_code
    # Clients retry every response with Retry-After: only errors that a retry can resolve have it.
    if isinstance(error, errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.InvalidToken):
        # RFC 6750 §3; the reason is a constant text of this service.
        reason = f"The access token {error.reason}."
        challenge = f'Bearer error="invalid_token", error_description="{reason}"'
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, errors.MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    detail = ErrorDetail(error.error_code, error.message)
    if isinstance(error, errors.EnrolmentRejected):
        detail = _rejection(error)
    return Response(status, headers, _body(detail))


def disk_fault(error: Exception) -> errors.Unavailable | None:
    """The error to report for a fault of the data folder's disk; None for other exceptions."""
    if not isinstance(error, OSError) or error.errno not in _DISK_FAULTS:
        return None
    return errors.Unavailable(_DISK_FAULTS[error.errno], retry_after=_DISK_RETRY_SECONDS)


def unexpected_response() -> Response:
    """The response to an unexpected exception; only the log has its cause."""
    code = errors.LineamentError.code
    return Response(
        500, {**JSON_HEADERS, "x-ms-error-code": code}, _body(ErrorDetail(code, _UNEXPECTED))
    )


def _rejection(error: errors.EnrolmentRejected) -> ErrorDetail:
    rectangles = [RectangleAnswer.of(one) for one in error.rectangles]
    return ErrorDetail(
        error.error_code,
        error.message,
        face_rectangle=rectangles[0] if len(rectangles) == 1 else None,
        face_rectangles=rectangles if len(rectangles) > 1 else None,
        person_id=error.person_id,
        name=error.name,
    )


def _body(detail: ErrorDetail) -> bytes:
    return msgspec.json.encode(ErrorAnswer(detail))
