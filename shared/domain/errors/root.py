"""The root of the error tree."""

from __future__ import annotations

from typing import ClassVar


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
