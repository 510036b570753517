"""Reads request bodies: no body is larger than allowed, all together stay within a budget."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from shared.domain.limits import MAXIMUM_BODY_BYTES

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

BUDGET_BYTES = 256 * 1024 * 1024
"""All bodies in memory at once."""

DISCARDED_BYTES = 4 * MAXIMUM_BODY_BYTES
"""So much of a body that is too large is read and dropped, so that its sender reads the answer."""

READ_SECONDS = 120.0


class BodyRefused(Exception):
    """The body is not read. The status says why: 400, 408, 413 or 503."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ClientGone(Exception):
    """The client closed the connection; nobody waits for an answer."""


class BodyReader:
    """Reads bodies on one event loop.

    Args:
        limit: most bytes of one body.
        budget: most bytes of all bodies that are in memory at once.
    """

    def __init__(self, *, limit: int = MAXIMUM_BODY_BYTES, budget: int = BUDGET_BYTES) -> None:
        self._limit = limit
        self._free = budget

    @asynccontextmanager
    async def read(self, receive: Receive, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The body; its bytes count against the budget until the block ends.

        Raises:
            BodyRefused: too large, too slow, malformed length, or no memory left for it.
            ClientGone: the client went away before the body was complete.
        """
        declared = headers.get("content-length", "0")
        if not (declared.isascii() and declared.isdigit()):
            raise BodyRefused(400)
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


async def _discard(receive: Receive) -> None:
    left, more = DISCARDED_BYTES, True
    while more and left > 0:
        chunk, more = await _next_chunk(receive)
        left -= len(chunk)


async def _next_chunk(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)
