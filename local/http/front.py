"""The HTTP face of the local host: an ASGI application that calls HTTP-triggered functions."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qsl

import azure.functions as func
from azure.core.exceptions import AzureError

from local.http.body import BodyReader, BodyRefused, ClientGone, Receive
from local.http.host_keys import HostKeys
from local.http.routing import Route, Router
from local.triggers.blob_webhook import WEBHOOK_PATH, BlobWebhook
from local.triggers.indexing import HttpTrigger, IndexedFunction
from local.triggers.invocation import logged

_LOGGER = logging.getLogger("lineament.host")

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head, decoded. Header names are lower-case, repeated ones joined by commas."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back. An empty body has no Content-Type unless the function set one."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


_REFUSALS = {
    400: ("BadRequest", "The Content-Length header is malformed."),
    408: ("RequestTimeout", "The request body did not arrive in time."),
    413: ("InvalidImageSize", "Image size is too big."),
    503: ("ServiceUnavailable", "The service is busy. Try again in a second."),
}


class HttpFront:
    """The ASGI application.

    Args:
        functions: the HTTP-triggered functions.
        route_prefix: host.json's; "" for none. The webhook does not have it.
        pool: where functions that are not `async def` run.
    """

    def __init__(
        self,
        functions: Iterable[IndexedFunction[HttpTrigger]],
        *,
        route_prefix: str,
        keys: HostKeys,
        webhook: BlobWebhook,
        pool: Executor,
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
        self._bodies = BodyReader()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = _request(scope)
        try:
            response = await self._respond(request, receive)
        except ClientGone:
            return
        except BodyRefused as refusal:
            response = _error(refusal.status, *_REFUSALS[refusal.status])
            response.headers.append(("connection", "close"))
            if refusal.status == 503:
                response.headers.append(("retry-after", "1"))
        await _send(response, send)

    async def _respond(self, request: Request, receive: Receive) -> Response:
        if request.path.lower() == WEBHOOK_PATH:
            return await self._receive_events(request, receive)
        found = self._router.find(request.method, request.path)
        if found is None:
            return Response(404)
        function, route_values = found
        if not self._keys.admits(function.trigger.level, request.headers, request.query):
            return Response(401)
        async with self._bodies.read(receive, request.headers) as body:
            call = func.HttpRequest(
                request.method,
                request.url,
                headers=request.headers,
                params=request.query,
                route_params=route_values,
                body=body,
            )
            return await self._invoke(function, call)

    async def _invoke(
        self, function: IndexedFunction[HttpTrigger], request: func.HttpRequest
    ) -> Response:
        try:
            # The line is written when the answer is out: nobody waits for it.
            with logged(function.name, asyncio.get_running_loop().call_soon) as facts:
                response = await self._call(function, request)
                facts["status"] = response.status
                return response
        except Exception:  # noqa: BLE001 - the boundary: `logged` has logged it with its traceback
            return _error(500, "InternalServerError", "The request failed inside the service.")

    async def _call(
        self, function: IndexedFunction[HttpTrigger], request: func.HttpRequest
    ) -> Response:
        call = partial(function.code, **{function.parameter: request})
        if function.is_coroutine:
            result = await cast("Awaitable[object]", call())
        else:
            result = await asyncio.get_running_loop().run_in_executor(self._pool, call)
        if isinstance(result, str):
            result = func.HttpResponse(result)
        if not isinstance(result, func.HttpResponse):
            raise TypeError(f"{function.name} returned no HttpResponse")
        return _response(result)

    async def _receive_events(self, request: Request, receive: Receive) -> Response:
        if request.method != "POST":
            return Response(404)
        if not self._keys.admits_webhook(request.headers, request.query):
            return Response(401)
        async with self._bodies.read(receive, request.headers) as body:
            handle = partial(self._webhook.handle, request.query.get("functionName", ""), body)
            try:
                answer = await asyncio.get_running_loop().run_in_executor(self._pool, handle)
            except AzureError:
                _LOGGER.exception("an event could not be put on the internal queue")
                return _error(500, "InternalServerError", "The event could not be stored.")
        content = b"" if answer.content is None else json.dumps(answer.content).encode()
        headers = [("content-type", "application/json; charset=utf-8")] if content else []
        return Response(answer.status, content, headers)


def _request(scope: Mapping[str, Any]) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    query_string = scope["query_string"].decode("latin-1")
    query: dict[str, str] = {}
    for name, value in parse_qsl(query_string, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    path = "/" + scope["raw_path"].decode("latin-1").partition("?")[0].lstrip("/")
    host = headers.get("host", "localhost")
    url = f"{scope['scheme']}://{host}{path}" + (f"?{query_string}" if query_string else "")
    return Request(scope["method"], path, query, headers, url)


def _response(response: func.HttpResponse) -> Response:
    body = response.get_body()
    headers = list(response.headers.items())
    if body and "content-type" not in {name.lower() for name, _ in headers}:
        mimetype = response.mimetype
        charset = f"; charset={response.charset}" if mimetype.startswith("text/") else ""
        headers.append(("content-type", mimetype + charset))
    return Response(response.status_code, body, headers)


def _error(status: int, code: str, message: str) -> Response:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Response(status, body, [("content-type", "application/json; charset=utf-8")])


async def _send(response: Response, send: Send) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in response.headers
        if name.lower() != "content-length"
    ]
    if response.status >= 200 and response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
