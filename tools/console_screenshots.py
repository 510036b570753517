"""`python -m tools.console_screenshots`: takes the README's screenshots of the console.

The names are invented, and the portraits on them are in the public domain. Those that are
enrolled before are on none.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

from tools.browser import WITHOUT_BROWSER, browser_path, running_browser
from tools.build.portraits import PORTRAITS_DIRECTORY
from tools.measure.speed.requests import Address, running_service

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"

_GROUP = "largepersongroups/staff"
_PEOPLE = (("Ada", "person_b_1.jpg"), ("Blaise", "person_a_1.jpg"))
_SHOWN = ("person_b_2.jpg", "person_a_2.jpg", "impostor_1.jpg")
"""All public domain: see docs/images/CREDITS.md."""
_HEIGHT = 420
_DESKTOP: ViewportSize = {"width": 1280, "height": 900}
_PHONE: ViewportSize = {"width": 390, "height": 960}
_QUALITY = 88


def main() -> int:
    """Take both screenshots.

    Returns:
        The exit code: 1 where there is no browser.
    """
    path = browser_path()
    if path is None:
        print(WITHOUT_BROWSER, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder)) as address:
        service = _Service(address)
        persons = service.enrol()
        with running_browser(path) as browser:
            _recognised(_opened(browser, service, _DESKTOP, "light"))
            _enrolled(_opened(browser, service, _PHONE, "dark"), persons["Ada"])
    return 0


class _Service:
    """Calls one service."""

    def __init__(self, address: Address) -> None:
        self.url = f"http://127.0.0.1:{address.port}"
        self.key = address.key

    def enrol(self) -> dict[str, str]:
        """Make and train the group; returns name to personId."""
        group = {"name": "Staff", "recognitionModel": "recognition_04"}
        self._call("PUT", _GROUP, json.dumps(group).encode())
        persons = {}
        for name, file in _PEOPLE:
            made = self._call("POST", f"{_GROUP}/persons", json.dumps({"name": name}).encode())
            persons[name] = made["personId"]
            faces = f"{_GROUP}/persons/{made['personId']}/persistedfaces"
            self._call("POST", faces, (PORTRAITS_DIRECTORY / file).read_bytes())
        self._call("POST", f"{_GROUP}/train", b"")
        while self._call("GET", f"{_GROUP}/training")["status"] != "succeeded":
            time.sleep(0.2)
        return persons

    def _call(self, method: str, path: str, body: bytes | None = None) -> Any:
        kind = "application/json" if (body or b"").startswith(b"{") else "application/octet-stream"
        request = urllib.request.Request(  # noqa: S310 - this machine's own service
            f"{self.url}/face/v1.2/{path}",
            body,
            {"Ocp-Apim-Subscription-Key": self.key, "Content-Type": kind},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            content = answer.read()
        return json.loads(content) if content else None


def _opened(
    browser: Browser, service: _Service, size: ViewportSize, scheme: Literal["light", "dark"]
) -> Page:
    page = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB").new_page()
    page.goto(f"{service.url}/console")
    page.get_by_label("Key").fill(service.key)
    page.get_by_role("button", name="Continue").click()
    return page


def _recognised(page: Page) -> None:
    """Three faces on one image, two of them known, with the meaning of a confidence."""
    page.get_by_label(_GROUP).check()
    image: FilePayload = {
        "name": "visitors.jpg",
        "mimeType": "image/jpeg",
        "buffer": _side_by_side(),
    }
    page.get_by_label("choose a file").set_input_files(image)
    page.get_by_text("What this confidence means").first.click()
    expect(page.get_by_role("img", name="The confidence is")).to_be_visible()
    _take(page, "console.jpg")


def _enrolled(page: Page, person_id: str) -> None:
    """Two images of a person, one of which shows another."""
    page.evaluate("place => { location.hash = place }", f"#/person/{_GROUP}/{person_id}")
    files = [PORTRAITS_DIRECTORY / name for name in ("person_b_2.jpg", "impostor_1.jpg")]
    page.get_by_label("choose files").set_input_files(files)
    expect(page.get_by_text("Not added: ")).to_be_visible()
    expect(page.get_by_text("2 faces.")).to_be_visible()
    _take(page, "console-phone.jpg")


def _take(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / name, type="jpeg", quality=_QUALITY)
    print(IMAGES / name)


def _side_by_side() -> bytes:
    tiles = []
    for name in _SHOWN:
        with Image.open(PORTRAITS_DIRECTORY / name) as opened:
            width = round(opened.width * _HEIGHT / opened.height)
            tiles.append(opened.convert("RGB").resize((width, _HEIGHT)))
    canvas = Image.new("RGB", (sum(tile.width for tile in tiles), _HEIGHT))
    left = 0
    for tile in tiles:
        canvas.paste(tile, (left, 0))
        left += tile.width
    content = io.BytesIO()
    canvas.save(content, "JPEG", quality=95)
    return content.getvalue()


if __name__ == "__main__":
    sys.exit(main())
