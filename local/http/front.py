"""The ASGI application of the local host: routes requests to HTTP functions and the webhook."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import azure.functions as func
from azure.core.exceptions import AzureError

from functions.http.binding import HEAD_CHECK
from local.console_code import CODE_PATH, ConsoleCode, may_have_code, read_code
from local.http.body import REFUSALS, BodyReader, BodyRefused, ClientGone, Receive, refusal_body
from local.http.host_keys import HostKeys
from local.http.protocol import IS_GONE
from local.http.request_head import HeadRejected, RequestHead, read_head
from local.http.routing import Route, Router
from local.triggers.blob_webhook import WEBHOOK_PATH, BlobWebhook
from local.triggers.indexing import HttpTrigger, IndexedFunction
from local.triggers.invocation import logged

_LOGGER = logging.getLogger("lineament.host")
_JSON = "application/json; charset=utf-8"
_SET_BY_THE_SERVER = ("content-length", "date", "server")
_REST = "{*"
"""How the last parameter of a route begins that takes any number of segments."""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


_GONE = Response(499)
"""Of a request that was not carried out because its client had closed the connection; it is only
logged, with the status that proxies use."""


class HttpFront:
    """The ASGI application.

    Args:
        functions: the HTTP-triggered functions.
        route_prefix: host.json's; "" for none. The webhook does not have it.
        pool: where functions that are not `async def` run.
        console_code: None: none is exchanged.
        one_slash: see `read_head`.
    """

    def __init__(
        self,
        functions: Iterable[IndexedFunction[HttpTrigger]],
        *,
        route_prefix: str,
        keys: HostKeys,
        webhook: BlobWebhook,
        pool: Executor,
        console_code: ConsoleCode | None = None,
        one_slash: bool = False,
    ) -> None:
        prefix = f"{route_prefix}/" if route_prefix else ""
        self._router = Router(
            Route(
                function.name, prefix + function.trigger.route, function.trigger.methods, function
            )
            for function in functions
        )
        self._keys = keys
        self._webhook = webhook
        self._pool = pool
        self._console_code = console_code
        self._one_slash = one_slash
        self._bodies = BodyReader()
        self._is_ending = False

    def stop(self) -> None:
        """Answer every request from now on with 503 and when to try again."""
        self._is_ending = True

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            request = read_head(scope, one_slash=self._one_slash)
            response = await self._respond(request, receive, scope[IS_GONE])
        except (ClientGone, asyncio.CancelledError):
            # A request is cancelled after the server has closed its connection.
            return
        except HeadRejected as rejection:
            response = Response(rejection.status, headers=[("connection", "close")])
        except BodyRefused as refusal:
            response = _refusal(refusal.status)
        await _send(response, send)

    async def _respond(
        self, request: RequestHead, receive: Receive, is_gone: Callable[[], bool]
    ) -> Response:
        if self._is_ending:
            return await self._refused_unread(_refusal(503), request, receive)
        if request.path.lower() == WEBHOOK_PATH:
            return await self._receive_events(request, receive)
        if (request.method, request.path.lower()) == ("POST", CODE_PATH) and self._console_code:
            return await self._exchange_code(self._console_code, request, receive)
        found = self._router.find(request.method, request.path)
        if found is None:
            # As with AzureWebJobsDisableHomepage=true: an app without a page at the root.
            missing = Response(204 if request.path == "/" else 404)
            return await self._refused_unread(missing, request, receive)
        function, route_values = found
        if not self._keys.admits(function.trigger.level, request.headers, request.query):
            return await self._refused_unread(Response(401), request, receive)
        rejection = await self._check_head(function, request, route_values)
        if rejection is not None:
            return await self._refused_unread(rejection, request, receive)
        async with self._bodies.read(receive, request.headers) as body:
            return await self._invoke(function, _call(request, route_values, body), is_gone)

    async def _check_head(
        self,
        function: IndexedFunction[HttpTrigger],
        request: RequestHead,
        route_values: Mapping[str, str],
    ) -> Response | None:
        """The answer that the app gives by the head alone, before a body is read; else None."""
        check = getattr(function.code, HEAD_CHECK, None)
        if check is None or not _has_body(request.headers):
            return None
        call = partial(check, _call(request, route_values, b""))
        found = await asyncio.get_running_loop().run_in_executor(self._pool, call)
        return None if found is None else _response(found)

    async def _invoke(
        self,
        function: IndexedFunction[HttpTrigger],
        request: func.HttpRequest,
        is_gone: Callable[[], bool],
    ) -> Response:
        try:
            # The line is written after the answer is sent.
            with logged(function.name, asyncio.get_running_loop().call_soon) as facts:
                response = await self._call(function, request, is_gone)
                facts |= {
                    "method": request.method,
                    "path": _logged_path(function.trigger.route, request.url),
                    "status": response.status,
                    **_request_id(response),
                }
                return response
        except Exception:  # noqa: BLE001 - the boundary: `logged` has logged it with its traceback
            return Response(500)

    async def _call(
        self,
        function: IndexedFunction[HttpTrigger],
        request: func.HttpRequest,
        is_gone: Callable[[], bool],
    ) -> Response:
        def call() -> object:
            # While a request waited for a thread, its client may have disconnected.
            return _GONE if is_gone() else function.code(**{function.parameter: request})

        if function.is_coroutine:
            result = await cast("Awaitable[object]", call())
        else:
            result = await asyncio.get_running_loop().run_in_executor(self._pool, call)
        if result is _GONE:
            return _GONE
        if isinstance(result, str):
            result = func.HttpResponse(result)
        if not isinstance(result, func.HttpResponse):
            raise TypeError(f"{function.name} returned no HttpResponse")
        return _response(result)

    async def _exchange_code(
        self, console_code: ConsoleCode, request: RequestHead, receive: Receive
    ) -> Response:
        if not may_have_code(request.headers):
            return await self._refused_unread(_code_answer(None), request, receive)
        async with self._bodies.read(receive, request.headers) as body:
            return _code_answer(console_code.exchange(read_code(body)))

    async def _refused_unread(
        self, refusal: Response, request: RequestHead, receive: Receive
    ) -> Response:
        """A refusal by the head alone; the connection closes where the body is too long to drop."""
        if not await self._bodies.discard(receive, request.headers):
            refusal.headers.append(("connection", "close"))
        return refusal

    async def _receive_events(self, request: RequestHead, receive: Receive) -> Response:
        if request.method not in ("POST", "OPTIONS"):
            return await self._refused_unread(Response(404), request, receive)
        if not self._keys.admits_webhook(request.headers, request.query):
            return await self._refused_unread(Response(401), request, receive)
        if request.method == "OPTIONS":
            return _handshake(request)
        async with self._bodies.read(receive, request.headers) as body:
            handle = partial(self._webhook.handle, request.query.get("functionName", ""), body)
            try:
                answer = await asyncio.get_running_loop().run_in_executor(self._pool, handle)
            except AzureError:
                _LOGGER.exception("an event could not be put on the internal queue")
                return Response(500)
        content = b"" if answer.content is None else json.dumps(answer.content).encode()
        headers = [("content-type", _JSON)] if content else []
        return Response(answer.status, content, headers)


def _code_answer(key: str | None) -> Response:
    """The answer to a code: the key, or that there is none for it."""
    error = {"code": "CodeNotValid", "message": "The code is not valid, or no longer valid."}
    content = {"error": error} if key is None else {"key": key}
    headers = [("content-type", _JSON), ("cache-control", "no-store")]
    return Response(403 if key is None else 200, json.dumps(content).encode(), headers)


def _has_body(headers: Mapping[str, str]) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _call(request: RequestHead, route_values: Mapping[str, str], body: bytes) -> func.HttpRequest:
    return func.HttpRequest(
        request.method,
        request.url,
        headers=request.headers,
        params=request.query,
        route_params=route_values,
        body=body,
    )


def _handshake(request: RequestHead) -> Response:
    """Allow a CloudEvents publisher to send events (CloudEvents webhook specification, §4)."""
    origin = request.headers.get("webhook-request-origin", "")
    allowed = [("webhook-allowed-origin", origin)] if origin and origin.isascii() else []
    return Response(200, headers=allowed)


def _response(response: func.HttpResponse) -> Response:
    """What the worker and the host make of a function's answer.

    An empty answer has a type too, unless the function sets `mimetype=""`.
    """
    headers = list(response.headers.items())
    if response.mimetype and "content-type" not in {name.lower() for name, _ in headers}:
        mimetype = response.mimetype
        charset = f"; charset={response.charset}" if mimetype.startswith("text/") else ""
        headers.append(("content-type", mimetype + charset))
    if not all(f"{name}{value}".isascii() for name, value in headers):
        return Response(500)
    return Response(response.status_code, response.get_body(), headers)


def _refusal(status: int) -> Response:
    headers = [("connection", "close")]
    if status not in REFUSALS:
        return Response(status, headers=headers)
    if status == 503:
        headers.append(("retry-after", "1"))
    return Response(status, refusal_body(status), [("content-type", _JSON), *headers])


async def _send(response: Response, send: Send) -> None:
    headers = [
        (name.lower().encode("ascii"), value.encode("ascii"))
        for name, value in response.headers
        if name.lower() not in _SET_BY_THE_SERVER
    ]
    if response.status >= 200 and response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def _request_id(response: Response) -> dict[str, str]:
    """The id under which the service logged a request; callers report it."""
    found = {name.lower(): value for name, value in response.headers}
    return {"requestId": found["apim-request-id"]} if "apim-request-id" in found else {}


def _logged_path(route: str, url: str) -> str:
    """The path of a request; of a route with a rest that may hold names, the route itself."""
    return f"/{route}" if _REST in route else urlsplit(url).path
