"""The error tree. Every error that is reported to callers is one of these.

    LineamentError          code, message
    ├── InvalidInput        the caller must change the request
    ├── NotFound            what the request names does not exist
    ├── Conflict            the resource's state does not allow the request now
    │   └── DocumentConflict   DocumentExists, DocumentMissing, DocumentChanged
    ├── MethodNotAllowed, Retired, LengthRequired, UnsupportedMediaType
    ├── Unauthorized        the caller is not authenticated: InvalidToken, CallerNotAllowed
    ├── Forbidden           QuotaExceeded, UnsupportedFeature
    ├── Unavailable         the same request may succeed later: Busy, Throttled
    └── ConfigurationError  the service does not start: InvalidSettings, InvalidModel

`shared/api/errors.py` alone maps them to HTTP. Codes and texts are Azure AI Face's, if it has any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from shared.domain.collections import CollectionKind


class LineamentError(Exception):
    """Root of the tree.

    Args:
        message: what went wrong and what the caller can do; safe to show to a client. None: the
            class's own text.
        code: the machine-readable code, if it differs from the class's default.
    """

    code: ClassVar[str] = "InternalServerError"
    text: ClassVar[str] = ""

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or type(self).text
        super().__init__(self.message)
        self.error_code = code or type(self).code


class InvalidInput(LineamentError):
    """The request cannot succeed unchanged."""

    code = "BadArgument"


class BadArgument(InvalidInput):
    """A parameter, body or header is malformed or out of range."""


class InvalidImage(InvalidInput):
    """The bytes are not a supported image, or the image has too few or too many faces."""

    code = "InvalidImage"


class InvalidImageSize(InvalidInput):
    """The file or the image is too small or too large."""

    code = "InvalidImageSize"


class InvalidImageUrl(InvalidInput):
    """The image URL is malformed or rejected, or the download failed."""

    code = "InvalidURL"


class BadIdentificationScope(InvalidInput):
    """Identify got no scope, or more than one."""


class InvalidLivenessSession(InvalidInput):
    """The parameters of a liveness session are invalid."""

    code = "InvalidRequestBody"


class UnsupportedMediaType(LineamentError):
    """The operation does not take the Content-Type of the body."""

    code = "BadArgument"


class NotFound(LineamentError):
    """A resource that the request names does not exist."""

    code = "NotFound"


class FaceNotFound(NotFound):
    """The faceId is unknown or has expired."""

    code = "FaceNotFound"
    text = "Face is not found."


class CollectionNotFound(NotFound):
    """The collection does not exist."""

    def __init__(self, kind: CollectionKind, message: str | None = None) -> None:
        super().__init__(message or f"{kind.title} {kind.absent}", code=f"{kind.name}NotFound")


class PersonNotFound(NotFound):
    """The person does not exist in that collection."""

    code = "PersonNotFound"


class PersistedFaceNotFound(NotFound):
    """The persisted face does not exist, or the person has no faces."""

    code = "PersistedFaceNotFound"


class NotTrained(NotFound):
    """The collection has never been trained."""

    def __init__(self, kind: CollectionKind) -> None:
        super().__init__(f"{kind.title} not trained.", code=f"{kind.name}NotTrained")


class FaceListNotReady(NotFound):
    """The face list to search is empty."""

    code = "FaceListNotReady"
    text = "Face list is empty."


class SessionImageNotFound(NotFound):
    """The liveness session has no such image; this service stores none."""

    code = "SessionImageNotFound"
    text = "Session image is not found."


class SessionNotFound(NotFound):
    """The liveness session does not exist or has expired."""

    code = "SessionNotFound"
    text = "Session Id is not found. The session id is expired or does not exist."


class OperationNotFound(NotFound):
    """The long-running operation is unknown, or older than seven days."""

    code = "OperationNotFound"
    text = "Operation is not found."


class UploadNotFound(NotFound):
    """There is no upload of that name."""

    code = "UploadNotFound"
    text = "Upload is not found."


class PoisonMessageNotFound(NotFound):
    """The poison message does not exist, or is being replayed."""

    code = "PoisonMessageNotFound"
    text = "Poison message is not found."


class RouteNotFound(NotFound):
    """No operation of this service has this path."""

    code = "404"


class Conflict(LineamentError):
    """The state of the resource does not allow the request now."""

    code = "ConcurrentOperationConflict"


class CollectionExists(Conflict):
    """A collection of that kind with that id exists already."""

    def __init__(self, kind: CollectionKind) -> None:
        super().__init__(f"{kind.title} already exists.", code=f"{kind.name}Exists")


class TrainingNotFinished(Conflict):
    """The collection is being trained."""

    def __init__(self, kind: CollectionKind) -> None:
        super().__init__(f"{kind.title} is under training.", code=f"{kind.name}TrainingNotFinished")


class ConcurrentOperation(Conflict):
    """Concurrent requests changed the resource on every attempt."""

    def __init__(self, resource: str) -> None:
        super().__init__(f"There is a conflict operation on resource {resource}, please try later.")


class BlobChanged(Conflict):
    """A conditional blob write failed: another version exists, or none. A retry may succeed."""

    text = "Another process changed the blob. Try again."


class DocumentConflict(Conflict):
    """A conditional write to the document store was not applied. Services translate these."""


class DocumentExists(DocumentConflict):
    """Create failed because the id exists."""


class DocumentMissing(DocumentConflict):
    """Replace or delete failed because the document does not exist."""


class DocumentChanged(DocumentConflict):
    """The document's ETag differs from the expected one."""


class MethodNotAllowed(LineamentError):
    """The path exists but does not support the method.

    Args:
        allowed: the methods that the path supports.
    """

    code = "405"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"Method not allowed. Use {', '.join(allowed)}.")
        self.allowed = tuple(allowed)


class Retired(LineamentError):
    """The path was an operation of Azure AI Face that has been retired."""

    code = "410"


class LengthRequired(LineamentError):
    """The body came in chunks and so did not arrive: the Functions host reads by Content-Length."""

    code = "411"


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


class UnsupportedFeature(Forbidden):
    """A feature that this service does not offer on principle."""

    code = "UnsupportedFeature"


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


class ConfigurationError(LineamentError):
    """The service does not start; the message tells the operator what to change."""

    code = "ConfigurationError"


class InvalidSettings(ConfigurationError):
    """One or more settings are invalid.

    Args:
        problems: one sentence for each invalid setting.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["The settings are not usable:", *problems]))
        self.problems = tuple(problems)


class InvalidModel(ConfigurationError):
    """A model file is missing, or differs from the one that the manifest describes."""
