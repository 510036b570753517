"""How the console is reached: its files, the key, the one-time code."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from shared.api.console.pages import CONTENT_SECURITY_POLICY
from tests.end_to_end.service import RunningService


@pytest.fixture(scope="module")
def anybody(console_service: RunningService) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=console_service.url) as client:
        yield client


@pytest.mark.parametrize("path", ["/console", "/console/"])
def test_the_page_needs_no_key_and_admits_nothing_foreign(anybody: httpx.Client, path: str) -> None:
    page = anybody.get(path)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert page.headers["Permissions-Policy"] == "camera=(self)"
    assert "<script>" not in page.text
    assert "style=" not in page.text


def test_an_unchanged_file_is_not_sent_again(anybody: httpx.Client) -> None:
    first = anybody.get("/console/app.js")
    again = anybody.get("/console/app.js", headers={"If-None-Match": first.headers["ETag"]})
    assert first.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "path", ["/console/none.js", "/console/../function_app.py", "/console/%2e%2e/host.json"]
)
def test_other_files_are_not_served(anybody: httpx.Client, path: str) -> None:
    assert anybody.get(path).status_code == 404


def test_the_printed_link_opens_the_console_once(
    blank_page: Page, context: BrowserContext, console_service: RunningService
) -> None:
    blank_page.goto(console_service.console)
    expect(blank_page.get_by_role("heading", level=1)).to_have_text("What is on an image")
    assert blank_page.url == f"{console_service.url}/console"
    blank_page.reload()
    expect(blank_page.get_by_role("navigation", name="Views")).to_be_visible()
    with context.new_page() as other:
        other.goto(console_service.console)
        expect(other.get_by_role("alert")).to_contain_text("used before")
        expect(other.get_by_label("Key")).to_be_visible()


def test_a_wrong_key_is_asked_for_again(blank_page: Page, console_service: RunningService) -> None:
    blank_page.goto(f"{console_service.url}/console")
    blank_page.get_by_label("Key").fill("not-the-key")
    blank_page.get_by_role("button", name="Continue").click()
    expect(blank_page.get_by_role("alert")).to_contain_text("subscription key")
    expect(blank_page.get_by_label("Key")).to_be_visible()


def test_the_key_is_forgotten_on_request(page: Page) -> None:
    page.get_by_role("button", name="Forget the key").click()
    expect(page.get_by_label("Key")).to_be_visible()
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
