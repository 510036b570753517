"""The root of the error tree."""

from __future__ import annotations

from typing import ClassVar

_LONGEST_SHOWN = 100


def shown(value: object) -> str:
    """A value of the caller's as part of a message: at most 100 characters of it.

    Every value that a message repeats, and whose length nothing else limits, goes through here.
    """
    text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


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
