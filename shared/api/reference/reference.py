"""Serves the API description: JSON for programs, a page for readers.

Neither needs a key: they describe what this deployment accepts and contain no data.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec

from shared.api.errors import error_response
from shared.api.http import JSON_HEADERS, Request, Response
from shared.api.operations import Operation
from shared.api.parameters import Capabilities
from shared.api.reference.home import home_page
from shared.api.reference.openapi import OpenApi
from shared.api.reference.page import reference_page
from shared.api.reference.style import CONTENT_SECURITY_POLICY
from shared.api.versions import FACE, Api, ApiVersion
from shared.domain.errors import LineamentError, RouteNotFound

_HTML = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
}
_ALWAYS = {"x-content-type-options": "nosniff", "Cache-Control": "public, max-age=300"}


class Reference:
    """Serves the description; each version is generated once.

    Args:
        operations: of all APIs and versions.
        capabilities: the values that this deployment accepts; called on first use.
        has_console: whether the home page leads to the console.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        capabilities: Callable[[], Capabilities] = Capabilities,
        has_console: Callable[[], bool] = lambda: False,
    ) -> None:
        self._operations = operations
        self._capabilities = capabilities
        self._has_console = has_console
        self._apis = {one.api.name: one.api for one in operations}
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], tuple[bytes, bytes]] = {}

    def json(self, request: Request) -> Response:
        """openapi.json; ``api`` and ``version`` in the query select others than face and v1.2."""
        return self._respond(request, 0, JSON_HEADERS)

    def page(self, request: Request) -> Response:
        """The page; ``api`` and ``version`` in the query select others than face and v1.2."""
        return self._respond(request, 1, _HTML)

    def home(self) -> Response:
        """The page at ``/``."""
        try:
            page = home_page(has_console=self._has_console())
        except LineamentError as error:
            return error_response(error, None)
        return Response(200, {**_ALWAYS, **_HTML}, page.encode())

    def _respond(self, request: Request, form: int, headers: Mapping[str, str]) -> Response:
        try:
            api = self._api(request.query.get("api") or FACE.name)
            version = api.version(request.query.get("version") or api.default)
            body = self._forms(api, version)[form]
        except LineamentError as error:
            return error_response(error, None)
        return Response(200, {**_ALWAYS, **headers}, body)

    def _api(self, name: str) -> Api:
        api = self._apis.get(name.lower())
        if api is None:
            raise RouteNotFound(f"Resource not found. The APIs are {', '.join(self._apis)}.")
        return api

    def _forms(self, api: Api, version: ApiVersion) -> tuple[bytes, bytes]:
        with self._lock:
            key = (api.name, version.name)
            if key not in self._made:
                openapi = OpenApi(self._operations, self._capabilities())
                document = openapi.document(api, version)
                page = reference_page(document, tuple(self._apis.values()), api, version.name)
                self._made[key] = (msgspec.json.encode(document), page.encode())
            return self._made[key]
