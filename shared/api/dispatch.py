"""Responds to requests: authenticates, parses, calls the handler, maps errors, adds headers."""

from __future__ import annotations

import logging
import time

import msgspec

from shared.api.access.keys import Authenticator
from shared.api.access.rate_limit import RateLimiter
from shared.api.call import Call, Handler
from shared.api.errors import disk_fault, error_response, unexpected_response
from shared.api.http import JSON_HEADERS, Request, Response
from shared.api.idempotency import Idempotency
from shared.api.media_types import check_compression, check_head
from shared.api.operations import Answer, Content, Operation
from shared.api.parameters import STANDARD, Arguments, Capabilities
from shared.domain.errors import LengthRequired, LineamentError, RouteNotFound
from shared.domain.identifiers import IdFactory

_log = logging.getLogger(__name__)

_ECHOED = ("client-request-id", "x-ms-client-request-id")
_LONGEST_ECHO = 128
_SEND_THE_LENGTH = (
    "The request body is missing. Send it with a Content-Length header instead of"
    " Transfer-Encoding: chunked: pass the client bytes or a file, not a stream."
)
_POLLED = "operation-location"


class Dispatcher:
    """Dispatches requests to operations.

    Args:
        limiter: None: no limit.
        capabilities: the values that this deployment accepts by its settings.
        idempotency: None: the header Idempotency-Key is ignored.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        new_id: IdFactory,
        limiter: RateLimiter | None = None,
        capabilities: Capabilities = STANDARD,
        idempotency: Idempotency | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._new_id = new_id
        self._limiter = limiter
        self._capabilities = capabilities
        self._idempotency = idempotency

    def handle(self, operation: Operation, handler: Handler, request: Request) -> Response:
        """Respond to a request; never raises."""
        started = time.perf_counter()
        request_id = self._new_id()
        response = self._answer(operation, handler, request, request_id)
        return _finished(operation, request, response, request_id, started)

    def reject_head(self, operation: Operation, request: Request) -> Response | None:
        """Reject a request by its head alone, before its body is read.

        Args:
            request: its body is empty.

        Returns:
            The error response; None if the head is valid. `handle` checks it again.
        """
        started = time.perf_counter()
        try:
            self._authenticator.check(request)
            check_head(operation, request)
        except LineamentError as error:
            response = error_response(error, operation)
            return _finished(operation, request, response, self._new_id(), started)
        return None

    def _answer(
        self, operation: Operation, handler: Handler, request: Request, request_id: str
    ) -> Response:
        try:
            caller = self._authenticator.check(request)
            if self._limiter is not None:
                self._limiter.take(caller)
            version = operation.api.version(request.route.get("version", ""))
            if not operation.is_in(version.name):
                raise RouteNotFound("Resource not found.")
            if operation.reads_body and not request.body and _is_chunked(request):
                raise LengthRequired(_SEND_THE_LENGTH)
            if operation.reads_body:
                check_compression(request)
            arguments = Arguments.parse(operation.query, request.query, self._capabilities)
            call = Call(operation, version, request, arguments, self._capabilities)
            if self._idempotency is None:
                return _render(handler(call))
            return self._idempotency.respond(
                operation, request, caller, lambda: _render(handler(call))
            )
        except LineamentError as error:
            response = error_response(error, operation)
            if response.status == 500:
                _log.warning("failed", extra={"requestId": request_id}, exc_info=True)
            elif response.status > 500:
                _log.warning("failed: %s", error.message, extra={"requestId": request_id})
            return response
        except Exception as error:  # noqa: BLE001 - the outermost boundary: the log has the reason
            fault = disk_fault(error)
            if fault is not None:
                _log.warning("failed: %s", fault.message, extra={"requestId": request_id})
                return error_response(fault, operation)
            _log.exception("failed", extra={"requestId": request_id})
            return unexpected_response()


def _finished(
    operation: Operation, request: Request, response: Response, request_id: str, started: float
) -> Response:
    """Log a response and add the headers that every response has."""
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    _log.info(
        "request",
        extra={
            "operation": operation.name,
            "requestId": request_id,
            "status": response.status,
            "milliseconds": milliseconds,
        },
    )
    headers = {
        "apim-request-id": request_id,
        "x-content-type-options": "nosniff",
        "x-envoy-upstream-service-time": str(round(milliseconds)),
        **_echo(request),
        **_transport(request),
        **response.headers,
    }
    if _POLLED in response.headers:
        # As on Azure, scripts in a browser may read the address to poll.
        headers["Access-Control-Expose-Headers"] = "Operation-Location"
    return Response(response.status, headers, response.body)


def _render(answer: Answer) -> Response:
    if answer.body is None:
        return Response(answer.status, answer.headers, b"")
    if isinstance(answer.body, Content):
        typed = {"Content-Type": answer.body.media_type, **answer.headers}
        return Response(answer.status, typed, answer.body.data)
    headers = {**JSON_HEADERS, **answer.headers}
    return Response(answer.status, headers, msgspec.json.encode(answer.body))


def _is_chunked(request: Request) -> bool:
    return "chunked" in request.headers.get("transfer-encoding", "").lower()


def _transport(request: Request) -> dict[str, str]:
    """HSTS, but only over https: RFC 6797 §7.2 forbids it over http."""
    scheme = request.headers.get("x-forwarded-proto", request.url.partition("://")[0])
    if scheme.split(",")[0].strip().lower() != "https":
        return {}
    return {"Strict-Transport-Security": "max-age=31536000"}


def _echo(request: Request) -> dict[str, str]:
    """The caller's own request ids, if they are valid header values."""
    given = {name: request.headers.get(name, "") for name in _ECHOED}
    return {
        name: text
        for name, text in given.items()
        if 0 < len(text) <= _LONGEST_ECHO and text.isascii() and text.isprintable()
    }
