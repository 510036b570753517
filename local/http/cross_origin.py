"""Lets web pages of chosen origins call the service: the CORS protocol of the Fetch standard, §3.3.

On Azure the platform does this before a request reaches the app (`siteConfig.cors`), so that it is
part of this host and not of the service.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from local.http.body import Receive
from shared.settings.one_machine import ANY_ORIGIN

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_PREFLIGHT_SECONDS = 7200
"""How long a browser keeps the answer to a preflight: the longest that Chromium does."""

_NAMES = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]+")
"""A list of tokens (RFC 9110 §5.6.2)."""


class CrossOrigin:
    """An ASGI application around another one; answers preflights and marks every answer.

    Preflights are answered before routes and keys are checked: browsers send them without a key.
    A preflight of another origin has an answer without headers, which the browser refuses.

    Args:
        origins: as in `https://app.example`, or `ANY_ORIGIN` among them. Empty: requests and
            answers pass unchanged.
    """

    def __init__(self, application: Application, origins: Iterable[str]) -> None:
        self._application = application
        self._origins = frozenset(origin.encode() for origin in origins)
        self._any = ANY_ORIGIN.encode() in self._origins

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not self._origins:
            await self._application(scope, receive, send)
            return
        request = dict(scope["headers"])
        headers = self._headers(request.get(b"origin"))
        if _is_preflight(scope["method"], request):
            allowed = _preflight_headers(request) if self._admits(request[b"origin"]) else []
            await send({"type": "http.response.start", "status": 204, "headers": headers + allowed})
            await send({"type": "http.response.body"})
            return

        async def send_marked(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        await self._application(scope, receive, send_marked)

    def _headers(self, origin: bytes | None) -> Headers:
        """What every answer has; caches must not give one origin's answer to another one."""
        exposed = (b"access-control-expose-headers", b"*")
        if self._any:
            return [(b"access-control-allow-origin", b"*"), exposed]
        vary = (b"vary", b"Origin")
        if origin is None or not self._admits(origin):
            return [vary]
        return [(b"access-control-allow-origin", origin), exposed, vary]

    def _admits(self, origin: bytes) -> bool:
        return self._any or origin in self._origins


def _is_preflight(method: str, headers: dict[bytes, bytes]) -> bool:
    return (
        method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers
    )


def _preflight_headers(request: dict[bytes, bytes]) -> Headers:
    """Allow the method and the headers of the preflight: the keys guard what they do."""
    asked = {
        b"access-control-allow-methods": request[b"access-control-request-method"],
        b"access-control-allow-headers": request.get(b"access-control-request-headers", b""),
    }
    headers = [(name, value) for name, value in asked.items() if _NAMES.fullmatch(value)]
    return [*headers, (b"access-control-max-age", str(_PREFLIGHT_SECONDS).encode())]
