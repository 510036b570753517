"""A service, a browser and a page of the console that record what goes wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.end_to_end.service import RunningService
from tools.browser import WITHOUT_BROWSER, browser_path, running_browser

_DESKTOP: ViewportSize = {"width": 1280, "height": 800}
FOREIGN_NAME = "faces.example"
"""A name of this machine that browsers do not trust as they trust localhost."""
_NAMES = [f"--host-resolver-rules=MAP {FOREIGN_NAME} 127.0.0.1"]
_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
_PATIENCE_MILLISECONDS = 60_000
expect.set_options(timeout=_PATIENCE_MILLISECONDS)


@pytest.fixture(scope="package")
def console_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that only these tests use, so that its lists are short."""
    settings = {"FACE_UNKNOWN_RETENTION_DAYS": "30"}
    with RunningService(tmp_path_factory.mktemp("console"), settings) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium with a made-up camera.

    It ends with these tests: its driver keeps an event loop running, beside which no other test
    can have one.
    """
    path = browser_path()
    if path is None:
        pytest.skip(WITHOUT_BROWSER)
    with running_browser(path, [*_CAMERA, *_NAMES]) as running:
        yield running


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile with its own storage; its pages may use the camera."""
    made = browser.new_context(viewport=_DESKTOP)
    made.set_default_timeout(_PATIENCE_MILLISECONDS)
    yield made
    made.close()


@pytest.fixture
def problems() -> list[str]:
    """What the console's pages logged as errors: violations of the policy, faults of scripts."""
    return []


@pytest.fixture
def blank_page(context: BrowserContext, problems: list[str]) -> Iterator[Page]:
    """A page without a key; the test fails if the browser reports a problem on it."""
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda line: problems.append(line.text) if _is_problem(line.type, line.text) else None,
    )
    yield page
    page.close()
    assert problems == []


@pytest.fixture
def page(blank_page: Page, console_service: RunningService) -> Page:
    """The console of a tab that has the key."""
    script = f"sessionStorage.setItem('lineament-key', '{console_service.key}')"
    blank_page.add_init_script(script)
    blank_page.goto(f"{console_service.url}/console")
    return blank_page


@pytest.fixture
def visit(page: Page) -> Callable[[str], None]:
    """Opens a view of the console by the part of its address behind ``#/``."""

    def go(place: str) -> None:
        page.evaluate("place => { location.hash = place }", f"#/{place}")

    return go


def open_with_key(page: Page, service: RunningService) -> None:
    """Open the console and enter the key."""
    page.goto(f"{service.url}/console")
    page.get_by_label("Key").fill(service.key)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("navigation", name="Views").wait_for()


def _is_problem(kind: str, text: str) -> bool:
    """Whether a line of the browser's console is a fault; failed requests are logged there too."""
    return kind in ("error", "warning") and not text.startswith("Failed to load resource")
