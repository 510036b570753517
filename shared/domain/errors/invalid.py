"""Errors of requests that cannot succeed unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.domain.errors.root import LineamentError

if TYPE_CHECKING:
    from shared.domain.face.enrolment import RejectionCode
    from shared.domain.face.geometry import Rectangle


class InvalidInput(LineamentError):
    """The request cannot succeed unchanged."""

    code = "BadArgument"


class BadArgument(InvalidInput):
    """A parameter, body or header is malformed or out of range."""


class InvalidContinuation(BadArgument):
    """The start of a page is not a continuation, or is no longer accepted."""

    text = "'start' is invalid. Use the continuation of an answer."


class InvalidImage(InvalidInput):
    """The bytes are not a supported image, or the image has too few or too many faces."""

    code = "InvalidImage"


class NoFaceDetected(InvalidImage):
    """The image has no face."""

    text = "No face detected in the image."


class InvalidImageSize(InvalidInput):
    """The file or the image is too small or too large."""

    code = "InvalidImageSize"


class InvalidImageUrl(InvalidInput):
    """The image URL is malformed or rejected, or the download failed."""

    code = "InvalidURL"


class EnrolmentRejected(InvalidInput):
    """The image does not meet the rules that the caller set for enrolment.

    Args:
        reason: the code.
        message: what is wrong and what to do; without names.
        rectangles: the faces concerned, in pixels of the upright image.
        person_id: the person who already has the face.
        name: the person's name; only for callers that may read the collection.
    """

    def __init__(
        self,
        reason: RejectionCode,
        message: str,
        rectangles: Sequence[Rectangle] = (),
        *,
        person_id: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(message, code=reason.value)
        self.rectangles = tuple(rectangles)
        self.person_id = person_id
        self.name = name


class BadIdentificationScope(InvalidInput):
    """Identify got no scope, or more than one."""


class InvalidLivenessSession(InvalidInput):
    """The parameters of a liveness session are invalid."""

    code = "InvalidRequestBody"


class UnsupportedMediaType(LineamentError):
    """The operation does not take the Content-Type of the body."""

    code = "BadArgument"


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
