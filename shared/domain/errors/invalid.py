"""Errors of requests that cannot succeed unchanged."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.errors.root import LineamentError


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
