"""What is answered where no operation is: 405 for a known path, else 404, both in JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from shared.api.call import Call
from shared.api.http import Request
from shared.api.operations import BASE_PATH, Answer, Operation
from shared.domain.errors import MethodNotAllowed, RouteNotFound


def fallback_operation(operations: Sequence[Operation]) -> Operation:
    """The operation that takes every path below ``/face/`` that no other takes."""
    patterns = [(_pattern(operation.path), operation) for operation in operations]

    def answer(call: Call) -> Answer:
        path = call.request.route["path"]
        allowed = sorted(
            {
                operation.method
                for pattern, operation in patterns
                if pattern.fullmatch(path) and operation.is_in(call.version.name)
            }
        )
        if allowed:
            raise MethodNotAllowed(allowed)
        raise RouteNotFound("Resource not found.")

    return Operation("fallback", "*", BASE_PATH, "Anything else.", answer)


def with_version(request: Request) -> Request:
    """A request to ``face/{*rest}`` with what ``rest`` holds told apart."""
    version, _, path = request.route.get("rest", "").strip("/").partition("/")
    return replace(request, route={"version": version, "path": path.rstrip("/")})


def _pattern(path: str) -> re.Pattern[str]:
    """What a route template matches; literals in any case."""
    segments = (
        "[^/]+" if segment.startswith("{") else re.escape(segment) for segment in path.split("/")
    )
    return re.compile("/".join(segments), re.IGNORECASE)
