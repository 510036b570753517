"""uvicorn's httptools protocol, as close to the Functions host as the parser lets it, and bounded.

httptools and not h11: h11 would also accept methods in lower case and line ends without a carriage
return, and takes more than twice the time for a request; `python -m tools.measure.speed parsers`
prints it. The rows of the recording that differ for this reason are listed in
tests/contract/test_recorded_host.py.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.http.body import refusal_body
from local.http.connections import HEAD_BYTES, HEAD_SECONDS, Connections, OncePerSecond
from local.http.request_head import MAXIMUM_HEADERS

_REASONS = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}
_RETRY = b"retry-after: 1\r\ncontent-type: application/json; charset=utf-8\r\n"
IS_GONE = "lineament.is_gone"
"""Key in a request's scope: says whether its connection is closed; may be called by any thread."""

_UPGRADE = b"upgrade"
"""Java's HttpClient asks for HTTP/2 so with every request over plain http. A server may ignore the
field (RFC 9110 §7.8), but httptools ends such a request where its body begins, and takes the body
for the next request."""

_CONNECT = b"CONNECT"
"""A request of this method has no body; what follows it is no HTTP (RFC 9110 §9.3.6)."""

_LINGER_SECONDS = 1.0
_FRAMING_FACTOR = 8
"""Bytes of chunk framing that one byte of a body may have at most."""


class HostProtocol(HttpToolsProtocol):
    """Passes a request's target on as it was sent; answers malformed requests without a body.

    Args:
        connections: counts and limits connections.
        log: writes about requests that are cut off.
        head_seconds: longest time for a head to arrive.
        named: uvicorn's own arguments.
    """

    def __init__(
        self,
        *,
        connections: Connections,
        log: OncePerSecond,
        head_seconds: float = HEAD_SECONDS,
        **named: Any,
    ) -> None:
        super().__init__(**named)
        self._connections = connections
        self._log = log
        self._head_seconds = head_seconds
        self._address: str | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._framing = self._body = 0
        self._is_cut_off = self._is_last = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, or answer 503 and close it."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if not self._connections.admit(address):
            self._cut_off(503, "too many connections")
            return
        self._address = address
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection."""
        if self._address is not None:
            self._connections.release(self._address)
            self._address = None
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and bound what is neither a finished head nor a body."""
        if self._is_cut_off or self._is_last or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._framing += len(data)
        try:
            self._parse(memoryview(data))
        except httptools.HttpParserError:
            self.send_400_response("")
        if self._framing > HEAD_BYTES + _FRAMING_FACTOR * self._body:
            self._cut_off(431, "a request's head or framing is too large")

    def _parse(self, data: memoryview) -> None:
        """Parse; a head that asks for another protocol once more without that field.

        Raises:
            HttpParserError: a request is malformed.
        """
        while not self._is_cut_off:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as asked:
                if self._is_last:
                    return
                self._parse_again()
                data = data[asked.args[0] :]
            else:
                return

    def _parse_again(self) -> None:
        """Give a new parser the head that the last one ended at, without its field Upgrade."""
        if len(self.headers) > MAXIMUM_HEADERS:
            # One that was not kept may say how long the body is.
            self._cut_off(431, "a request's head or framing is too large")
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % field for field in self.headers if field[0] != _UPGRADE]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"\r\n".join([*lines, b"", b""]))

    def on_message_begin(self) -> None:
        """Start the time of a head."""
        super().on_message_begin()
        self._framing = self._body = 0
        self._await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep one header more than is allowed, which is answered 431, and no further one."""
        if len(self.headers) <= MAXIMUM_HEADERS:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Restore what uvicorn drops from a target: `#` and what follows, and the authority."""
        self._is_last = self.parser.get_method() == _CONNECT
        if self._is_parsed_again():
            return
        self._stop_head_timer()
        super().on_headers_complete()
        self.cycle.keep_alive = self.cycle.keep_alive and not self._is_last
        # The task that serves the request has not run yet.
        path, _, query = self.url.partition(b"?")
        self.scope["raw_path"] = path
        self.scope["query_string"] = query
        cast("dict[str, Any]", self.scope)[IS_GONE] = self.transport.is_closing

    def on_message_complete(self) -> None:
        """The request is complete, unless its head is parsed again."""
        if not self._is_parsed_again():
            super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        """Count the bytes of the body apart from its framing."""
        self._framing -= len(body)
        self._body += len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Answer a malformed request and close the connection."""
        self._cut_off(400, "a request is malformed")

    def _is_parsed_again(self) -> bool:
        """Whether the head asks for another protocol and is parsed once more without that field."""
        return self.parser.should_upgrade() and not self._is_last

    def _await_head(self) -> None:
        self._stop_head_timer()
        self._head_timer = self.loop.call_later(self._head_seconds, self._head_is_late)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._cut_off(408, "a request's head did not arrive in time")

    def _cut_off(self, status: int, event: str) -> None:
        """Answer, without a body as the Functions host does but for 503, and close the connection.

        What the client still sends is dropped for a second: closed at once, the connection would be
        reset, and the client might not read the answer.
        """
        self._stop_head_timer()
        if self._is_cut_off or self.transport.is_closing():
            return
        self._is_cut_off = True
        self._log.warn(event)
        body = refusal_body(status) if status == 503 else b""
        self.transport.write(
            b"HTTP/1.1 %d %b\r\ncontent-length: %d\r\nconnection: close\r\n%b\r\n%b"
            % (status, _REASONS[status], len(body), _RETRY if status == 503 else b"", body)
        )
        if status == 503 or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)
