"""The errors of the command line and its exit codes.

    CommandError
    ├── NothingFound     1
    ├── Refused          3
    │   ├── NotFound     1
    │   ├── LineRefused  3
    │   └── NotOffered   3
    └── Unreachable      4

Wrong usage is click's own error and ends with 2; Ctrl-C ends with 130.
"""

from __future__ import annotations

import click

from lineament.text import complain

NOTHING_FOUND = 1
REFUSED = 3
UNREACHABLE = 4
INTERRUPTED = 130


class CommandError(click.ClickException):
    """An error that ends a command with one line on stderr."""

    def show(self, file: object = None) -> None:
        """Write the line."""
        complain(self.message)


class NothingFound(CommandError):
    """The command succeeded without finding anything."""

    exit_code = NOTHING_FOUND


class Refused(CommandError):
    """The service rejected a request, or the command itself refuses its input.

    Attributes:
        status: the HTTP status; 0 where no request was sent.
        code: the error code of the service, such as ``PersonGroupNotFound``.
    """

    exit_code = REFUSED

    def __init__(self, message: str, *, code: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class NotFound(Refused):
    """What the request names does not exist."""

    exit_code = NOTHING_FOUND


class LineRefused(Refused):
    """The service rejected a line of what it was to import.

    Attributes:
        line: its number among all lines that were sent, from 1.
        reason: the service's sentence about it.
    """

    def __init__(self, line: int, reason: str, *, code: str, status: int) -> None:
        super().__init__(reason[:1].upper() + reason[1:], code=code, status=status)
        self.line = line
        self.reason = reason


class NotOffered(Refused):
    """The service has no such operation: it is Azure's, or an older Lineament."""


class Unreachable(CommandError):
    """The service cannot be reached, or has a fault of its own.

    Attributes:
        status: the HTTP status; 0 where there was no answer.
        reason: the service's own sentence; empty where it gave none.
    """

    exit_code = UNREACHABLE

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    def during(self, work: str) -> Unreachable:
        """The error of a work that has begun, and which the same command continues."""
        message = f"{self.message} The {work} was interrupted; the same command continues it."
        return Unreachable(message, status=self.status, reason=self.reason)
