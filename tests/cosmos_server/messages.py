"""HTTP requests and responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.cosmos_server.account import Refused

READ_CHARGE = 1.0
WRITE_CHARGE = 5.5
QUERY_CHARGE = 2.75
"""Made up; tests compare what was recorded with the responses."""


@dataclass(frozen=True, slots=True)
class Request:
    """A received request."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def segments(self) -> list[str]:
        """The parts of the path, decoded."""
        return [unquote(part) for part in self.path.split("/") if part]

    def header(self, name: str) -> str | None:
        """A header, or None where it is missing or empty."""
        return self.headers.get(name) or None

    def json(self) -> Any:
        """The body.

        Raises:
            Refused: it is not JSON.
        """
        try:
            return json.loads(self.content)
        except ValueError:
            raise Refused(400, "BadRequest", "The body is not JSON.") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. ``body`` None: no body."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
