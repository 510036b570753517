"""Request bodies are bounded one by one and together."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from local.http.body import BodyReader, BodyRefused, ClientGone


class Sender:
    """Sends a body in chunks, as the server does."""

    def __init__(self, *chunks: bytes, closes: bool = False) -> None:
        self._messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
        ]
        self._messages.append({"type": "http.disconnect" if closes else "http.request"})

    async def __call__(self) -> MutableMapping[str, Any]:
        return self._messages.pop(0)


def read(reader: BodyReader, sender: Sender, **headers: str) -> bytes:
    async def run() -> bytes:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with reader.read(sender, named) as body:
            return body

    return asyncio.run(run())


def status(reader: BodyReader, sender: Sender, **headers: str) -> int:
    with pytest.raises(BodyRefused) as refused:
        read(reader, sender, **headers)
    return refused.value.status


def test_a_body_in_chunks_is_joined() -> None:
    assert read(BodyReader(limit=6), Sender(b"abc", b"def")) == b"abcdef"


def test_a_body_beyond_the_limit_is_refused() -> None:
    reader = BodyReader(limit=5)
    assert status(reader, Sender(b"abc", b"def")) == 413
    assert status(reader, Sender(), content_length="6") == 413


def test_a_closed_connection_raises() -> None:
    with pytest.raises(ClientGone):
        read(BodyReader(), Sender(b"abc", closes=True))


def test_a_body_beyond_the_budget_is_refused_until_another_ends() -> None:
    reader = BodyReader(limit=10, budget=10)

    async def run() -> None:
        async with reader.read(Sender(b"x" * 8), {}):
            with pytest.raises(BodyRefused) as refused:
                async with reader.read(Sender(b"y" * 8), {}):
                    pytest.fail("the budget was exceeded")
            assert refused.value.status == 503
        async with reader.read(Sender(b"y" * 8), {}) as body:
            assert body == b"y" * 8

    asyncio.run(run())


def test_a_refused_body_frees_its_bytes() -> None:
    reader = BodyReader(limit=10, budget=10)
    assert status(reader, Sender(b"x" * 8, b"x" * 8)) == 413
    assert read(reader, Sender(b"y" * 10)) == b"y" * 10
