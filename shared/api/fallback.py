"""The response for unknown operations: 405 for a known path, else 404, both in JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from shared.api.call import Call, Handler
from shared.api.http import Request
from shared.api.operations import Answer, Operation
from shared.api.versions import Api
from shared.domain.errors import MethodNotAllowed, RouteNotFound


def fallback(api: Api, operations: Sequence[Operation]) -> tuple[Operation, Handler]:
    """The operation for every path below an API's prefix that belongs to no other operation."""
    patterns = [(_pattern(one.path), one) for one in operations if one.api == api]

    def answer(call: Call) -> Answer:
        path = call.request.route["path"]
        allowed = sorted(
            {
                operation.method
                for pattern, operation in patterns
                if pattern.fullmatch(path) and operation.is_in(call.version.name)
            }
        )
        if _has_empty_segment(call.request):
            raise RouteNotFound(
                "Resource not found. The path has an empty segment: remove a slash."
            )
        if allowed:
            raise MethodNotAllowed(allowed)
        raise RouteNotFound("Resource not found.")

    return Operation("fallback", "*", api.base_path, "Anything else.", api=api), answer


def with_version(request: Request) -> Request:
    """A request to ``{api}/{*rest}`` with version and path separated."""
    version, _, path = request.route.get("rest", "").strip("/").partition("/")
    return replace(request, route={"version": version, "path": path.rstrip("/")})


def _has_empty_segment(request: Request) -> bool:
    """Whether the path contains two consecutive slashes."""
    path = request.url.partition("://")[2].partition("/")[2].partition("?")[0]
    return "//" in path


def _pattern(path: str) -> re.Pattern[str]:
    """The pattern of a route template; literals match in any case."""
    segments = (_segment(segment) for segment in path.split("/"))
    return re.compile("/".join(segments), re.IGNORECASE)


def _segment(segment: str) -> str:
    if segment.startswith("{*"):
        return ".+"
    return "[^/]+" if segment.startswith("{") else re.escape(segment)
