"""The description of the API as it is served: JSON for programs, a page for people.

Neither needs a key: they say what this service can do, which its source says too, and hold nothing
of an operator's.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec

from shared.api.errors import error_response
from shared.api.http import Request, Response
from shared.api.operations import Operation
from shared.api.reference.openapi import OpenApi
from shared.api.reference.page import CONTENT_SECURITY_POLICY, reference_page
from shared.api.versions import STABLE, VERSIONS, ApiVersion, api_version
from shared.domain.errors import RouteNotFound

SERVICE_VERSION = "0.1.0"
"""As in pyproject.toml; a test compares them."""

_ALWAYS = {"x-content-type-options": "nosniff", "Cache-Control": "public, max-age=300"}


class Reference:
    """Answers for the description, made once a version."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._openapi = OpenApi(operations, SERVICE_VERSION)
        self._lock = threading.Lock()
        self._made: dict[str, tuple[bytes, bytes]] = {}

    def json(self, request: Request) -> Response:
        """openapi.json; ``version`` in the query chooses another version than v1.2."""
        return self._respond(request, 0, {"Content-Type": "application/json; charset=utf-8"})

    def page(self, request: Request) -> Response:
        """The page; ``version`` in the query chooses another version than v1.2."""
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Referrer-Policy": "no-referrer",
        }
        return self._respond(request, 1, headers)

    def _respond(self, request: Request, form: int, headers: dict[str, str]) -> Response:
        try:
            version = api_version(request.query.get("version") or STABLE)
        except RouteNotFound as error:
            return error_response(error, None)
        return Response(200, {**_ALWAYS, **headers}, self._forms(version)[form])

    def _forms(self, version: ApiVersion) -> tuple[bytes, bytes]:
        with self._lock:
            if version.name not in self._made:
                document = self._openapi.document(version)
                page = reference_page(document, VERSIONS, version.name)
                self._made[version.name] = (msgspec.json.encode(document), page.encode())
            return self._made[version.name]
