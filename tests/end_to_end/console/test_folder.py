"""A folder of people is enrolled, stopped and continued; what is not enrolled is listed."""

from __future__ import annotations

import csv
import re
import shutil
import unicodedata
import uuid
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Page, Route, expect

from tests.end_to_end.console.test_accessibility import AXE, NARROW, findings, fits
from tests.end_to_end.service import RunningService
from tests.images import portrait

NAMES = {"Zoë": "person_a", "=Blaise": "person_b"}


@pytest.fixture
def group(console_service: RunningService) -> str:
    """The path of an empty group."""
    path = f"largepersongroups/{uuid.uuid4().hex}"
    console_service.ok("PUT", path, {"name": "Staff", "recognitionModel": "recognition_04"})
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two persons with two images each, named as macOS writes names, and other files."""
    made = tmp_path / "people"
    for name, images in NAMES.items():
        below = made / unicodedata.normalize("NFD", name) / "summer"
        below.mkdir(parents=True)
        shutil.copy(portrait(f"{images}_1"), below.parent / "1.JPG")
        shutil.copy(portrait(f"{images}_2"), below / "2.jpg")
        (below / ".DS_Store").write_bytes(b"x")
    (made / "=Blaise" / "notes.txt").write_text("none")
    (made / "list.csv").write_text("none")
    return made


def choose(page: Page, folder: Path) -> None:
    page.get_by_label("choose a folder").set_input_files(folder)


def enrol(page: Page) -> None:
    page.get_by_role("button", name="Enrol the images").click()


def faces_of(service: RunningService, group: str) -> dict[str, int]:
    persons = service.ok("GET", f"{group}/persons")
    return {one["name"]: len(one["persistedFaceIds"]) for one in persons}


def test_a_folder_is_enrolled_once_and_its_refusals_are_listed(
    page: Page,
    console_service: RunningService,
    group: str,
    folder: Path,
    visit: Callable[[str], None],
    tmp_path: Path,
) -> None:
    noise = PIL.Image.effect_noise((200, 200), 60).convert("RGB")
    noise.save(folder / "=Blaise" / "wall.png")
    visit(f"group/{group}")
    choose(page, folder)
    expect(page.get_by_text("The folder has 2 people with 5 images.")).to_be_focused()
    expect(page.get_by_text("2 hidden files are not read.")).to_be_visible()
    page.get_by_text("2 files are passed over.").click()
    passed_over = page.get_by_role("list", name="Files that are passed over")
    expect(passed_over.get_by_role("listitem")).to_have_text(
        [
            "=Blaise/notes.txt: The file's name does not end as an image's does.",
            "list.csv: list.csv is not in a folder that is named after its person.",
        ]
    )
    enrol(page)
    summary = page.get_by_text("Done: 4 added, 0 present already, 1 refused.").first
    expect(summary).to_be_visible()
    expect(page.get_by_role("status").get_by_text("succeeded.")).to_be_visible()
    assert faces_of(console_service, group) == dict.fromkeys(NAMES, 2)
    expect(page.get_by_role("link", name="Zoë")).to_be_visible()
    refused = page.get_by_role("list", name="Images that were refused")
    expect(refused.get_by_role("listitem")).to_contain_text("=Blaise/wall.png: ")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the list").click()
    assert download.value.suggested_filename == "refused.csv"
    download.value.save_as(tmp_path / "refused.csv")
    with (tmp_path / "refused.csv").open(encoding="utf-8", newline="") as opened:
        lines = list(csv.reader(opened))
    assert lines[0] == ["image", "person", "code", "reason"]
    assert [line[:3] for line in lines[1:3]] == [
        ["'=Blaise/notes.txt", "'=Blaise", "NotAnImage"],
        ["list.csv", "", "NoPerson"],
    ]
    assert lines[3][:2] == ["'=Blaise/wall.png", "'=Blaise"]
    assert "face" in lines[3][3]
    choose(page, folder)
    enrol(page)
    expect(page.get_by_text("Done: 0 added, 4 present already, 1 refused.").first).to_be_visible()
    assert faces_of(console_service, group) == dict.fromkeys(NAMES, 2)


def test_an_enrolment_waits_while_the_service_is_busy_and_continues_after_a_stop(
    page: Page,
    console_service: RunningService,
    group: str,
    folder: Path,
    visit: Callable[[str], None],
) -> None:
    added = 0

    def answer(route: Route) -> None:
        nonlocal added
        added += 1
        if added <= 1:
            route.continue_()
        else:
            error = {"error": {"code": "429", "message": "Rate limit is exceeded."}}
            route.fulfill(status=429, headers={"Retry-After": "600"}, json=error)

    visit(f"group/{group}")
    choose(page, folder)
    page.route("**/persistedfaces?*", answer)
    enrol(page)
    expect(page.get_by_role("main")).to_contain_text("the next attempt is in 600 s. Rate limit")
    with page.expect_event("dialog") as warning:
        page.evaluate("setTimeout(() => location.reload())")
    assert warning.value.type == "beforeunload"
    warning.value.dismiss()
    page.get_by_role("link", name="All groups").click()
    dialog = page.get_by_role("dialog", name="Leave while images are enrolled?")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Stop").click()
    stopped = page.get_by_text("Stopped at 1 of 4: 1 added, 0 present already, 0 refused.").first
    expect(stopped).to_be_visible()
    assert sum(faces_of(console_service, group).values()) == 1
    page.unroute("**/persistedfaces?*")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Done: 4 added, 0 present already, 0 refused.").first).to_be_visible()
    assert faces_of(console_service, group) == dict.fromkeys(NAMES, 2)
    page.get_by_role("link", name="All groups").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Groups of people")


def test_persons_and_faces_whose_answers_are_lost_are_made_once(
    page: Page,
    console_service: RunningService,
    group: str,
    folder: Path,
    visit: Callable[[str], None],
) -> None:
    """Every creation is carried out, then answered 503 the first time."""
    lost: set[str] = set()

    def answer(route: Route) -> None:
        key = route.request.headers.get("idempotency-key", "")
        if route.request.method != "POST" or key in lost:
            route.continue_()
            return
        lost.add(key)
        route.fetch()
        error = {"error": {"code": "ServiceUnavailable", "message": "Try again."}}
        route.fulfill(status=503, headers={"Retry-After": "1"}, json=error)

    visit(f"group/{group}")
    page.route(re.compile(r"/persons(/[^/]+/persistedfaces.*)?$"), answer)
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada")
    visit(f"group/{group}")
    choose(page, folder)
    enrol(page)
    expect(page.get_by_text(re.compile("^Done: ")).first).to_be_visible()
    persons = console_service.ok("GET", f"{group}/persons")
    assert len(persons) == 1 + len(NAMES)
    assert faces_of(console_service, group) == {"Ada": 0} | dict.fromkeys(NAMES, 2)


def test_a_name_that_two_persons_have_is_refused_and_markup_is_shown_as_text(
    page: Page,
    console_service: RunningService,
    group: str,
    tmp_path: Path,
    visit: Callable[[str], None],
) -> None:
    name = "<img src=x onerror=alert(1)>"
    (tmp_path / "people" / name).mkdir(parents=True)
    shutil.copy(portrait("person_a_1"), tmp_path / "people" / name / "<b>.jpg")
    for _ in range(2):
        console_service.ok("POST", f"{group}/persons", {"name": name})
    visit(f"group/{group}")
    choose(page, tmp_path / "people")
    enrol(page)
    line = page.get_by_role("list", name="Images that were refused").get_by_role("listitem")
    expect(line).to_have_text(f"{name}/<b>.jpg: 2 persons of the group have the name {name}.")
    assert page.locator("main img, main b").count() == 0
    assert faces_of(console_service, group) == {name: 0}


def test_the_keyboard_opens_the_folder_and_axe_finds_nothing(
    page: Page, group: str, folder: Path, visit: Callable[[str], None]
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; `make test` installs it")
    page.set_viewport_size({"width": NARROW, "height": 740})
    page.once("filechooser", lambda chooser: chooser.set_files(folder))
    visit(f"group/{group}")
    page.get_by_label("choose a folder").focus()
    page.keyboard.press("Enter")
    page.get_by_text("2 files are passed over.").click()
    page.evaluate(AXE.read_text("utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert findings(page) == []
        assert fits(page)
