"""Base of all JSON bodies, and the errors that every operation may answer."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Wire(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of all bodies: camelCase on the wire, defaults left out."""


class ErrorDetail(Wire, frozen=True):
    """What went wrong."""

    code: str
    message: str


class ErrorAnswer(Wire, frozen=True):
    """The body of every answer from 400 on."""

    error: ErrorDetail


def wire_time(moment: datetime) -> str:
    """ISO 8601 in UTC with six fractional digits and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
