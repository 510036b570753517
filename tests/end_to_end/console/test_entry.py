"""How the console is reached: its files, the key, the one-time code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from shared.api.console.pages import CONTENT_SECURITY_POLICY
from tests.end_to_end.console.conftest import FOREIGN_NAME
from tests.end_to_end.service import RunningService


@pytest.fixture(scope="module")
def keyless(console_service: RunningService) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=console_service.url) as client:
        yield client


@pytest.mark.parametrize("path", ["/console", "/console/"])
def test_the_page_needs_no_key_and_admits_nothing_foreign(keyless: httpx.Client, path: str) -> None:
    page = keyless.get(path)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert page.headers["Permissions-Policy"] == "camera=(self)"
    assert "<script>" not in page.text
    assert "style=" not in page.text


def test_an_unchanged_file_is_not_sent_again(keyless: httpx.Client) -> None:
    first = keyless.get("/console/app.js")
    again = keyless.get("/console/app.js", headers={"If-None-Match": first.headers["ETag"]})
    assert first.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "path", ["/console/none.js", "/console/../function_app.py", "/console/%2e%2e/host.json"]
)
def test_other_files_are_not_served(keyless: httpx.Client, path: str) -> None:
    assert keyless.get(path).status_code == 404


def test_the_printed_link_opens_the_console_once(
    blank_page: Page, context: BrowserContext, console_service: RunningService
) -> None:
    blank_page.goto(console_service.console)
    expect(blank_page.get_by_role("heading", level=1)).to_have_text("What is on an image")
    assert blank_page.url == f"{console_service.url}/console"
    blank_page.reload()
    expect(blank_page.get_by_role("navigation", name="Views")).to_be_visible()
    with context.new_page() as other:
        other.goto(f"{console_service.url}/console")
        expect(other.get_by_label("Key")).to_be_visible()
        other.goto(console_service.console)
        expect(other.get_by_role("alert")).to_contain_text("used before")
        expect(other.get_by_label("Key")).to_be_visible()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"code": "wrong"}'),
        ("application/json", b""),
        ("application/json", b" " * 200_000),
        ("text/plain", b"{}"),
    ],
)
def test_a_wrong_code_gives_no_key(keyless: httpx.Client, kind: str, body: bytes) -> None:
    refused = keyless.post("/console/code", content=body, headers={"Content-Type": kind})
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "CodeNotValid"


def test_a_form_of_another_page_cannot_use_the_code(console_service: RunningService) -> None:
    code = console_service.console.partition("#code=")[2]
    body = f'{{"code": "{code}"}}'
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        refused = console_service.client.post(
            "/console/code", content=body, headers={"Content-Type": kind}
        )
        assert refused.status_code == 403


def test_a_console_that_is_off_has_neither_page_nor_code(tmp_path: Path) -> None:
    with RunningService(tmp_path, {"FACE_CONSOLE": "off"}) as service:
        assert service.console == ""
        assert service.client.get("/console").status_code == 404
        assert service.client.post("/console/code", json={"code": ""}).status_code == 404
        assert "/console" not in service.client.get("/").text


def test_without_https_the_page_says_how_to_get_the_camera(
    blank_page: Page, console_service: RunningService
) -> None:
    """Another machine's browser: to it the address is not that of its own machine."""
    address = console_service.url.replace("127.0.0.1", FOREIGN_NAME)
    blank_page.goto(f"{address}/console")
    blank_page.get_by_label("Key").fill(console_service.key)
    blank_page.get_by_role("button", name="Continue").click()
    zone = blank_page.get_by_role("group", name="Image")
    expect(zone).to_contain_text("TLS=1")
    assert zone.get_by_label("use the camera").get_attribute("capture") == "environment"
    expect(zone.get_by_role("button", name="use the camera", exact=True)).to_have_attribute(
        "type", "file"
    )


def test_a_wrong_key_is_asked_for_again(blank_page: Page, console_service: RunningService) -> None:
    blank_page.goto(f"{console_service.url}/console")
    blank_page.get_by_label("Key").fill("not-the-key")
    blank_page.get_by_role("button", name="Continue").click()
    expect(blank_page.get_by_role("alert")).to_contain_text("subscription key")
    expect(blank_page.get_by_label("Key")).to_be_visible()


def test_the_policy_stops_what_is_foreign_and_inline(page: Page, problems: list[str]) -> None:
    page.evaluate(
        """() => {
            const image = document.createElement("img");
            image.src = "http://127.0.0.1:9/x.png";
            const script = document.createElement("script");
            script.textContent = "document.title = 'hurt'";
            document.body.append(image, script);
            document.body.setAttribute("style", "color: red");
        }"""
    )
    for directive in ("img-src", "script-src", "style-src"):
        assert any(directive in problem for problem in problems), directive
    assert page.title() != "hurt"
    problems.clear()


def test_the_key_is_forgotten_on_request(page: Page) -> None:
    page.get_by_role("button", name="Forget the key").click()
    expect(page.get_by_label("Key")).to_be_visible()
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
