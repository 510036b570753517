"""Base class of all JSON bodies, and the error body."""

from __future__ import annotations

from datetime import datetime

import msgspec

from shared.domain.face.geometry import Rectangle


class Wire(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base class of all bodies: camelCase names, defaults left out."""


class RectangleAnswer(Wire, frozen=True, omit_defaults=False):
    """A face rectangle, in pixels of the upright image."""

    top: int
    left: int
    width: int
    height: int

    @classmethod
    def of(cls, rectangle: Rectangle) -> RectangleAnswer:
        """The rectangle as a response body."""
        return cls(rectangle.top, rectangle.left, rectangle.width, rectangle.height)


class ErrorDetail(Wire, frozen=True):
    """Code and message of an error; of a face that is not enrolled also where it is."""

    code: str
    message: str
    face_rectangle: RectangleAnswer | None = None
    face_rectangles: list[RectangleAnswer] | None = None
    person_id: str | None = None
    name: str | None = None


class ErrorAnswer(Wire, frozen=True):
    """The body of every response with a status of 400 or more."""

    error: ErrorDetail


def wire_time(moment: datetime) -> str:
    """A time as ISO 8601 in UTC with six fractional digits and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
