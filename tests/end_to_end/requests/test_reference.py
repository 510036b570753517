"""The description of the API over HTTP, without a key."""

from __future__ import annotations

import httpx

from tests.end_to_end.service import RunningService


def test_the_description_and_the_page_need_no_key(service: RunningService) -> None:
    with httpx.Client(base_url=service.url) as keyless:
        described = keyless.get("/openapi.json", params={"version": "v1.0"})
        page = keyless.get("/docs")
        unknown = keyless.get("/docs", params={"version": "v9"})
        refused = keyless.get("/face/v1.2/persongroups")
    assert described.json()["servers"] == [{"url": "/face/v1.0"}]
    assert described.headers["Content-Type"] == "application/json; charset=utf-8"
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "/persongroups/{personGroupId}" in page.text
    assert unknown.status_code == 404
    assert refused.status_code == 401
    assert service.key not in page.text + described.text
