"""Reads request bodies, bounded one by one and together."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

LIMIT_BYTES = 40 * 1024 * 1024
"""Largest body, as FUNCTIONS_REQUEST_BODY_SIZE_LIMIT in infra/ has it. Up to it the service answers
400; beyond it this host answers 413, where the Functions host answers 500
(Azure/azure-functions-host#10519), which clients retry."""

BUDGET_BYTES = 256 * 1024 * 1024
"""All bodies in memory at once."""

DISCARDED_BYTES = 80 * 1024 * 1024
"""Bytes of a body beyond the limit that are read and dropped, so that its sender reads the answer
instead of failing to write."""

DISCARD_SECONDS = 15.0
"""Longest time for a body that is dropped."""

READ_SECONDS = 120.0
"""Longest time for one body to arrive."""


REFUSALS = {
    408: ("RequestTimeout", "The request body did not arrive in time."),
    503: ("ServiceUnavailable", "The service is busy. Try again in a second."),
}
"""Answers that the Functions host does not give; this host bounds bodies in time and memory."""


def refusal_body(status: int) -> bytes:
    """The body of such an answer: Microsoft's SDKs read JSON from every error.

    Args:
        status: one of `REFUSALS`.
    """
    code, message = REFUSALS[status]
    return json.dumps({"error": {"code": code, "message": message}}).encode()


class BodyRefused(Exception):
    """The body is not accepted.

    Args:
        status: 408 too slow, 413 too large, 503 no memory.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ClientGone(Exception):
    """The client closed the connection before the body was complete."""


class BodyReader:
    """Reads bodies on one event loop.

    Args:
        limit: most bytes of one body.
        budget: most bytes of all bodies that are in memory at once.
    """

    def __init__(self, *, limit: int = LIMIT_BYTES, budget: int = BUDGET_BYTES) -> None:
        self._limit = limit
        self._free = budget

    @asynccontextmanager
    async def read(self, receive: Receive, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The body; its bytes count against the budget until the block ends.

        Args:
            headers: names in lower case; the parser has validated Content-Length.

        Raises:
            BodyRefused: too large, too slow, or no memory left for it.
            ClientGone: the client closed the connection before the body was complete.
        """
        declared = headers.get("content-length", "0")
        body = bytearray()
        try:
            try:
                async with asyncio.timeout(READ_SECONDS):
                    await self._fill(body, int(declared), receive)
            except TimeoutError as error:
                raise BodyRefused(408) from error
            yield bytes(body)
        finally:
            self._free += len(body)

    async def discard(self, receive: Receive, headers: Mapping[str, str]) -> bool:
        """Drop a body that is not wanted, so that its sender reads the answer.

        A client that waits for `100 Continue` is not asked to send it.

        Returns:
            Whether all of it has arrived; otherwise the connection must be closed.

        Raises:
            ClientGone: the client closed the connection.
        """
        if "expect" in headers:
            return False
        try:
            async with asyncio.timeout(DISCARD_SECONDS):
                return await _discard(receive)
        except TimeoutError:
            return False

    async def _fill(self, body: bytearray, declared: int, receive: Receive) -> None:
        if declared > self._limit:
            await _discard(receive)
            raise BodyRefused(413)
        more = True
        while more:
            chunk, more = await _next_chunk(receive)
            if len(body) + len(chunk) > self._limit:
                await _discard(receive)
                raise BodyRefused(413)
            if len(chunk) > self._free:
                raise BodyRefused(503)
            self._free -= len(chunk)
            body += chunk


async def _discard(receive: Receive) -> bool:
    left, more = DISCARDED_BYTES, True
    while more and left > 0:
        chunk, more = await _next_chunk(receive)
        left -= len(chunk)
    return not more


async def _next_chunk(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)
