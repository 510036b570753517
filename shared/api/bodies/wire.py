"""Base class of all JSON bodies, and the error body."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Wire(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base class of all bodies: camelCase names, defaults left out."""


class ErrorDetail(Wire, frozen=True):
    """Code and message of an error."""

    code: str
    message: str


class ErrorAnswer(Wire, frozen=True):
    """The body of every response with a status of 400 or more."""

    error: ErrorDetail


def wire_time(moment: datetime) -> str:
    """A time as ISO 8601 in UTC with six fractional digits and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
