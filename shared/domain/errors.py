"""The error tree. Every error that a caller may see is one of these.

    LineamentError          code, message
    ├── InvalidInput        the caller must change the request: BadArgument, InvalidImage,
    │                       InvalidImageSize, InvalidImageUrl, BadIdentificationScope,
    │                       InvalidLivenessSession
    ├── NotFound            what the request names does not exist: FaceNotFound, PersonNotFound,
    │                       PersistedFaceNotFound, CollectionNotFound, NotTrained,
    │                       FaceListNotReady, SessionImageNotFound, OperationNotFound, RouteNotFound
    ├── Conflict            the request is fine, its moment is not: CollectionExists,
    │   │                   TrainingNotFinished, ConcurrentOperation, BlobChanged
    │   └── DocumentConflict   DocumentExists, DocumentMissing, DocumentChanged
    ├── MethodNotAllowed, Retired, LengthRequired
    ├── Unauthorized        who calls is not known: InvalidToken, CallerNotAllowed
    ├── Forbidden           QuotaExceeded, UnsupportedFeature
    ├── Unavailable         the same request may succeed later: Busy, Throttled
    └── ConfigurationError  the service refuses to start: InvalidSettings, InvalidModel

`shared/api/errors.py` is the one place that maps them to HTTP. Codes and texts are those of
Azure AI Face's error catalogue where it has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from shared.domain.collections import CollectionKind


class LineamentError(Exception):
    """Root of the tree.

    Args:
        message: what went wrong and what the caller can do; safe to show to a client.
        code: the machine-readable code, where it differs from the class's own.
    """

    code: ClassVar[str] = "InternalServerError"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or type(self).code


class InvalidInput(LineamentError):
    """The request can never succeed as it is."""

    code = "BadArgument"


class BadArgument(InvalidInput):
    """A parameter, body or header is malformed or out of range."""


class InvalidImage(InvalidInput):
    """The bytes are no image we read, or not as many faces as the operation needs."""

    code = "InvalidImage"


class InvalidImageSize(InvalidInput):
    """The file or the picture is too small or too big."""

    code = "InvalidImageSize"


class InvalidImageUrl(InvalidInput):
    """The image URL is malformed, refused, or could not be downloaded."""

    code = "InvalidURL"


class BadIdentificationScope(InvalidInput):
    """Identify was given no scope, or several."""


class InvalidLivenessSession(InvalidInput):
    """A liveness session cannot be made as it is described."""

    code = "InvalidRequestBody"


class NotFound(LineamentError):
    """Something that the request names does not exist."""

    code = "NotFound"


class FaceNotFound(NotFound):
    """A faceId is unknown or has expired."""

    code = "FaceNotFound"

    def __init__(self) -> None:
        super().__init__("Face is not found.")


class CollectionNotFound(NotFound):
    """No collection of that kind has that id."""

    def __init__(self, kind: CollectionKind, message: str | None = None) -> None:
        super().__init__(message or f"{kind.title} {kind.absent}", code=f"{kind.name}NotFound")


class PersonNotFound(NotFound):
    """No person has that id in that collection."""

    code = "PersonNotFound"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class PersistedFaceNotFound(NotFound):
    """No persisted face has that id there, or the person has none."""

    code = "PersistedFaceNotFound"


class NotTrained(NotFound):
    """The collection has never been trained."""

    def __init__(self, kind: CollectionKind) -> None:
        super().__init__(f"{kind.title} not trained.", code=f"{kind.name}NotTrained")


class FaceListNotReady(NotFound):
    """A face list is searched that holds no face."""

    code = "FaceListNotReady"

    def __init__(self) -> None:
        super().__init__("Face list is empty.")


class SessionImageNotFound(NotFound):
    """No liveness session has such an image; this service keeps none."""

    code = "SessionImageNotFound"

    def __init__(self) -> None:
        super().__init__("Session image is not found.")


class SessionNotFound(NotFound):
    """No liveness session has that id, or its time is over."""

    code = "SessionNotFound"

    def __init__(self) -> None:
        super().__init__("Session Id is not found. The session id is expired or does not exist.")


class OperationNotFound(NotFound):
    """No long-running operation of the last seven days has that id."""

    code = "OperationNotFound"

    def __init__(self) -> None:
        super().__init__("Operation is not found.")


class RouteNotFound(NotFound):
    """The path is no operation of this service."""

    code = "404"


class Conflict(LineamentError):
    """The state of the resource does not allow the request now."""

    code = "ConcurrentOperationConflict"


class CollectionExists(Conflict):
    """A collection of that kind already has that id."""

    def __init__(self, kind: CollectionKind) -> None:
        super().__init__(f"{kind.title} already exists.", code=f"{kind.name}Exists")


class TrainingNotFinished(Conflict):
    """The collection is being trained."""

    def __init__(self, kind: CollectionKind) -> None:
        super().__init__(f"{kind.title} is under training.", code=f"{kind.name}TrainingNotFinished")


class ConcurrentOperation(Conflict):
    """Another request changed the resource at the same time, and again on every retry."""

    def __init__(self, resource: str) -> None:
        super().__init__(f"There is a conflict operation on resource {resource}, please try later.")


class BlobChanged(Conflict):
    """A conditional write found another blob than was expected, or none. Trying again may help."""

    def __init__(self) -> None:
        super().__init__("The blob was changed by somebody else. Try again.")


class DocumentConflict(Conflict):
    """A conditional write to the document store did not apply. Services translate these."""


class DocumentExists(DocumentConflict):
    """Create found the id taken."""


class DocumentMissing(DocumentConflict):
    """Replace or delete found no document."""


class DocumentChanged(DocumentConflict):
    """The document's ETag is not the one that was expected."""


class MethodNotAllowed(LineamentError):
    """The path exists, the method does not.

    Args:
        allowed: the methods that the path has.
    """

    code = "405"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"Method not allowed. Use {', '.join(allowed)}.")
        self.allowed = tuple(allowed)


class Retired(LineamentError):
    """The path was once an operation of Azure AI Face and is one no more."""

    code = "410"


class LengthRequired(LineamentError):
    """The body came in chunks and so did not arrive: the Functions host reads by Content-Length."""

    code = "411"

    def __init__(self) -> None:
        super().__init__(
            "The request body is missing. Send it with a Content-Length header instead of"
            " Transfer-Encoding: chunked: pass the client bytes or a file, not a stream."
        )


class Unauthorized(LineamentError):
    """No valid key came with the request."""

    code = "401"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(
            message
            or "Access denied due to invalid subscription key or wrong API endpoint. Make sure to"
            " provide a valid key for an active subscription and use a correct regional API"
            " endpoint for your resource."
        )


class InvalidToken(Unauthorized):
    """The request's Entra ID token proves nothing.

    Args:
        reason: what is wrong with it, as the end of a sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"Access denied: the access token {reason}.")
        self.reason = reason


class CallerNotAllowed(Unauthorized):
    """The token is genuine, but its owner is not on the operator's list. Azure answers 401 too."""

    code = "PermissionDenied"

    def __init__(self) -> None:
        super().__init__("Principal does not have access to API/Operation.")


class Forbidden(LineamentError):
    """The caller is known, the request is not allowed."""

    code = "Forbidden"


class QuotaExceeded(Forbidden):
    """A limit on how much may be stored is reached."""

    code = "QuotaExceeded"


class UnsupportedFeature(Forbidden):
    """Something that this service does not do on principle."""

    code = "UnsupportedFeature"


class Unavailable(LineamentError):
    """The service cannot answer now.

    Args:
        message: what is short.
        retry_after: seconds after which a retry makes sense.
    """

    code = "ServiceUnavailable"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Unavailable):
    """The queue before inference is full."""

    def __init__(self) -> None:
        super().__init__("The service is busy. Try again in a second.")


class Throttled(Unavailable):
    """A rate limit, ours or the database's, is exceeded."""

    code = "429"

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("Rate limit is exceeded.", retry_after=retry_after)


class ConfigurationError(LineamentError):
    """The service refuses to start; the message tells the operator what to change."""

    code = "ConfigurationError"


class InvalidSettings(ConfigurationError):
    """One or more settings are wrong.

    Args:
        problems: one sentence for EVERY wrong setting.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["The settings are not usable:", *problems]))
        self.problems = tuple(problems)


class InvalidModel(ConfigurationError):
    """A model file is missing, or is not the file that the manifest names."""
