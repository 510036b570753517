"""axe-core finds nothing on any view, light and dark; the console works with the keyboard."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.end_to_end.console.conftest import open_with_key
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait

AXE = Path(__file__).parents[2] / "clients/javascript/node_modules/axe-core/axe.min.js"
VIEWS = ("compare", "people", "uploads", "unknowns", "duplicates", "poison")
NARROW = 360


@pytest.fixture(scope="module", params=["light", "dark"])
def audited(
    request: pytest.FixtureRequest, browser: Browser, console_service: RunningService
) -> Iterator[Page]:
    """The console on a phone; its policy is off, since axe is injected."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; `make test` installs it")
    scheme: Literal["light", "dark"] = request.param
    viewport: ViewportSize = {"width": NARROW, "height": 740}
    context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport=viewport)
    page = context.new_page()
    page.goto(f"{console_service.url}/console")
    page.add_script_tag(path=AXE)
    assert findings(page) == []
    open_with_key(page, console_service)
    page.add_script_tag(path=AXE)
    yield page
    context.close()


def findings(page: Page) -> list[str]:
    """What axe finds, with the elements that it concerns."""
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(result => result.violations)")
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}" for one in found]


def fits(page: Page) -> bool:
    """Whether nothing is wider than the page."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return wide


def test_no_view_has_a_finding(audited: Page, console_service: RunningService) -> None:
    path = f"largepersongroups/{uuid.uuid4().hex}"
    console_service.ok("PUT", path, {"name": "Axe", "recognitionModel": "recognition_04"})
    person = console_service.ok("POST", f"{path}/persons", {"name": "Ada"})["personId"]
    faces = f"{path}/persons/{person}/persistedfaces"
    console_service.ok("POST", faces, image=portrait("person_a_1").read_bytes())
    console_service.train(path)
    stranger = portrait("impostor_1").read_bytes()
    group_id = path.partition("/")[2]
    console_service.own("PUT", "uploads/axe.jpg", image=stranger, largePersonGroupId=group_id)
    eventually(lambda: console_service.own("GET", "unknowns")["unknowns"] or None)
    for place in (*VIEWS, f"group/{path}", f"person/{path}/{person}"):
        audited.evaluate("place => { location.hash = place }", f"#/{place}")
        audited.wait_for_load_state("networkidle")
        assert findings(audited) == [], place
        assert fits(audited), place
    audited.get_by_role("link", name="Image").click()
    audited.get_by_label(path).check()
    audited.get_by_label("choose a file").set_input_files(portrait("person_a_2"))
    audited.get_by_text("What this confidence means").click()
    expect(audited.get_by_role("img", name="The confidence is")).to_be_visible()
    assert findings(audited) == []
    assert fits(audited)


def test_axe_finds_what_is_wrong(audited: Page) -> None:
    audited.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any(one.startswith("button-name") for one in findings(audited))


def test_an_image_can_be_chosen_with_the_keyboard(page: Page) -> None:
    page.once("filechooser", lambda chooser: chooser.set_files(portrait("person_a_1")))
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("choose a file")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Face 1")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Camera")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="use the camera")).to_be_focused()
