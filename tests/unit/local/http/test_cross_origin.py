"""Without origins nothing changes; with * every origin is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.http import body
from local.http.cross_origin import CrossOrigin
from local.http.front import HttpFront
from local.http.host_keys import HostKeys
from local.http.protocol import IS_GONE
from local.triggers.blob_webhook import WEBHOOK_PATH, BlobWebhook
from shared.domain.errors import InvalidSettings
from shared.settings.one_machine import read_one_machine

PREFLIGHT = [(b"origin", b"https://app.example"), (b"access-control-request-method", b"PUT")]


async def forbid(_scope: MutableMapping[str, Any], _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 401, "headers": [(b"x", b"y")]})
    await send({"type": "http.response.body", "body": b""})


def answer(origins: str, method: str) -> tuple[int, dict[bytes, bytes]]:
    """Status and headers of an answer to a request from https://app.example."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    chosen = read_one_machine({"FACE_CORS_ORIGINS": origins}).cors_origins
    scope = {"type": "http", "method": method, "headers": PREFLIGHT}
    asyncio.run(CrossOrigin(forbid, chosen)(scope, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_without_origins_requests_and_answers_pass_unchanged(method: str) -> None:
    assert answer("", method) == (401, {b"x": b"y"})


def test_every_origin_is_allowed_by_a_star_and_caches_need_not_vary() -> None:
    status, headers = answer("*", "GET")
    assert (status, headers[b"access-control-allow-origin"]) == (401, b"*")
    assert b"vary" not in headers
    assert answer("*", "OPTIONS")[0] == 204


def test_an_origin_is_compared_as_browsers_write_it() -> None:
    assert answer(" HTTPS://App.Example , http://[::1]:8080", "OPTIONS")[0] == 204
    assert b"access-control-allow-origin" in answer("https://app.example", "GET")[1]
    assert b"access-control-allow-origin" not in answer("https://app.example:8443", "GET")[1]


@pytest.mark.parametrize(
    "text", ["app.example", "https://app.example/", "https://a b", "https://", "null", "https://*"]
)
def test_what_is_no_origin_is_rejected(text: str) -> None:
    with pytest.raises(InvalidSettings, match="FACE_CORS_ORIGINS must be origins"):
        read_one_machine({"FACE_CORS_ORIGINS": text})


def test_a_page_can_read_that_its_body_came_too_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "READ_SECONDS", 0.01)
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def never() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("The event is never set.")

    scope = {
        "type": "http",
        "scheme": "http",
        "http_version": "1.1",
        "method": "POST",
        "raw_path": WEBHOOK_PATH.encode(),
        "query_string": b"code=master",
        "headers": [(b"host", b"x"), (b"content-length", b"5"), (b"origin", b"https://a.example")],
        IS_GONE: lambda: False,
    }
    keys, webhook = HostKeys("master", "default", "blobs"), BlobWebhook([], lambda _: None)
    with ThreadPoolExecutor(1) as pool:
        front = HttpFront([], route_prefix="", keys=keys, webhook=webhook, pool=pool)
        asyncio.run(CrossOrigin(front, ["https://a.example"])(scope, never, send))
    assert sent[0]["status"] == 408
    assert (b"access-control-allow-origin", b"https://a.example") in sent[0]["headers"]
