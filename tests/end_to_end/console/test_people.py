"""Groups and people: enrolment with verdicts, training, identification, deletion."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import PIL.Image
import pytest
from playwright.sync_api import Page, Route, expect

from tests.end_to_end.service import RunningService
from tests.images import portrait

MARKUP = '<img src=x onerror="document.title=\'hurt\'"><script>document.title="hurt"</script>'
"""A name that would run a script where it is set as markup."""


@dataclass(frozen=True)
class Group:
    """A group made over the API.

    Attributes:
        people: name to personId.
    """

    path: str
    name: str
    people: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def group(console_service: RunningService) -> Group:
    """A trained group with Ada, and a person whose name is markup."""
    made = Group(f"largepersongroups/{uuid.uuid4().hex}", MARKUP)
    console_service.ok("PUT", made.path, {"name": made.name, "recognitionModel": "recognition_04"})
    for name, image in (("Ada", "person_a_1"), (MARKUP, "person_b_1")):
        body = {"name": name, "userData": MARKUP}
        person = console_service.ok("POST", f"{made.path}/persons", body)["personId"]
        faces = f"{made.path}/persons/{person}/persistedfaces"
        console_service.ok("POST", faces, image=portrait(image).read_bytes())
        made.people[name] = person
    assert console_service.train(made.path)["status"] == "succeeded"
    return made


@pytest.fixture
def faceless(tmp_path: Path) -> Path:
    """An image without a face."""
    path = tmp_path / "wall.png"
    PIL.Image.effect_noise((200, 200), 60).convert("RGB").save(path)
    return path


def test_a_group_is_made_filled_and_trained(page: Page, faceless: Path) -> None:
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("Name").fill("Friends")
    page.get_by_label("Id").fill("friends")
    page.get_by_role("button", name="Make the group").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Friends")
    expect(page.get_by_text("Not trained yet.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Blaise")
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Blaise")
    page.get_by_label("choose files").set_input_files([portrait("person_b_1"), faceless])
    verdicts = page.get_by_role("list", name="Verdicts")
    expect(verdicts.get_by_text("Added.")).to_be_visible()
    expect(verdicts.get_by_text("Not added: ")).to_contain_text("face")
    expect(page.get_by_text("They are found once the group is trained.")).to_be_visible()
    expect(page.get_by_text("1 face.")).to_be_visible()
    page.get_by_role("link", name="The group").click()
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_text("succeeded.")).to_be_visible()
    expect(page.get_by_role("link", name="Blaise")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Blaise")
    page.get_by_role("button", name="Add the person").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The group has a person of the name Blaise already.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("link", name="Blaise")).to_have_count(1)


def test_awkward_images_have_a_verdict_that_says_what_to_do(
    page: Page,
    console_service: RunningService,
    group: Group,
    tmp_path: Path,
    visit: Callable[[str], None],
) -> None:
    person = console_service.ok("POST", f"{group.path}/persons", {"name": "Several"})["personId"]
    empty, two = tmp_path / "empty.jpg", tmp_path / "two.png"
    empty.write_bytes(b"")
    with (
        PIL.Image.open(portrait("impostor_1")) as one,
        PIL.Image.open(portrait("impostor_2")) as other,
    ):
        both = PIL.Image.new("RGB", (one.width + other.width, max(one.height, other.height)))
        both.paste(one, (0, 0))
        both.paste(other, (one.width, 0))
        both.save(two)
    visit(f"person/{group.path}/{person}")
    files = page.get_by_label("choose files")
    files.set_input_files([empty, portrait("person_a_1"), two])
    verdicts = page.get_by_role("list", name="Verdicts").get_by_role("listitem")
    expect(page.get_by_text("0 of 3 images were added.").first).to_be_visible()
    expect(verdicts.nth(0)).to_contain_text("The file has 0 bytes; an image may have 1 KB to 6 MB.")
    expect(verdicts.nth(1).get_by_role("link", name="Ada")).to_be_visible()
    expect(verdicts.nth(2)).to_contain_text("the image shows 2 faces. Which one is the person's?")
    verdicts.nth(2).get_by_role("button", name="Add face 2").click()
    expect(verdicts.nth(2)).to_contain_text("Added.")
    expect(page.get_by_text("1 face.")).to_be_visible()
    files.set_input_files([two])
    expect(page.get_by_text("this image is one of the person's faces already")).to_be_visible()
    expect(page.get_by_text("1 face.")).to_be_visible()
    verdicts.nth(2).get_by_role("link", name="Ada").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada")


def test_a_dropped_folder_gives_the_files_of_all_its_folders(page: Page) -> None:
    found = page.evaluate(
        """async () => {
            const { droppedFiles, pathOfFile } = await import("/console/parts/files.js");
            const file = (fullPath) => ({
                name: fullPath.split("/").at(-1), isFile: true, fullPath,
                file: (done) => done(new File(["x"], fullPath.split("/").at(-1))),
            });
            const folder = (name, ...pages) => ({
                name, isDirectory: true,
                createReader: () => ({ readEntries: (done) => done(pages.shift() ?? []) }),
            });
            const inner = folder("summer", [file("/Ada/summer/1.jpg")]);
            const pages = [[inner, file("/Ada/2.jpg")], [file("/Ada/1.jpg"), file("/Ada/.x")]];
            const ada = folder("Ada", ...pages);
            const items = [ada, file("/3.jpg")].map((entry) => ({ webkitGetAsEntry: () => entry }));
            return (await droppedFiles({ files: [], items })).map(pathOfFile);
        }"""
    )
    assert found == ["Ada/1.jpg", "Ada/2.jpg", "Ada/summer/1.jpg", "3.jpg"]


def test_an_image_is_dropped_and_another_is_taken_with_the_camera(
    page: Page, group: Group, visit: Callable[[str], None]
) -> None:
    visit(f"person/{group.path}/{group.people['Ada']}")
    zone = page.get_by_role("group", name="Images of the person")
    data = page.evaluate_handle(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "dropped.jpg"));
            return data;
        }""",
        list(portrait("person_a_2").read_bytes()),
    )
    zone.dispatch_event("drop", {"dataTransfer": data})
    verdicts = page.get_by_role("list", name="Verdicts")
    expect(verdicts.get_by_text("Added.")).to_be_visible()
    zone.get_by_role("button", name="use the camera").click()
    page.get_by_role("button", name="Take the image").click()
    expect(verdicts.get_by_text("camera.jpg")).to_be_visible()
    expect(verdicts.get_by_text("Not added: ")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_person_is_identified_and_the_confidence_explained(
    page: Page, console_service: RunningService, group: Group
) -> None:
    page.get_by_label(group.path).check()
    page.get_by_label("choose a file").set_input_files(portrait("person_a_2"))
    result = page.get_by_role("region", name="Result")
    expect(result.locator(".overlay span")).to_contain_text("1 Ada")
    result.get_by_text("What this confidence means").click()
    curve = result.get_by_role("img", name="The confidence is")
    expect(curve).to_be_visible()
    scale = console_service.own("GET", "confidence", collection=group.path)
    assert f"{scale['threshold']:.2f} is needed" in (curve.get_attribute("aria-label") or "")
    result.get_by_role("button", name="Explain this result").click()
    expect(result.get_by_text("reaches the threshold")).to_be_visible()


def test_markup_in_names_is_shown_as_text(
    page: Page, group: Group, visit: Callable[[str], None]
) -> None:
    page.get_by_label(group.path).check()
    page.get_by_label("choose a file").set_input_files(portrait("person_b_2"))
    result = page.get_by_role("region", name="Result")
    expect(result.locator(".overlay span")).to_contain_text(f"1 {MARKUP}")
    expect(result.get_by_role("listitem").first).to_contain_text(MARKUP)
    places = ("people", f"group/{group.path}", f"person/{group.path}/{group.people[MARKUP]}")
    for place in (*places, "duplicates", "uploads"):
        visit(place)
        expect(page.get_by_role("main")).to_contain_text(MARKUP)
        assert page.locator("main script, main img[src=x]").count() == 0
        assert "hurt" not in page.title()[:4]


def test_two_images_are_compared(page: Page, visit: Callable[[str], None]) -> None:
    visit("compare")
    for side, name in (("First image", "person_a_1"), ("Second image", "person_a_2")):
        region = page.get_by_role("region", name=side)
        region.get_by_label("choose a file").set_input_files(portrait(name))
    result = page.get_by_role("region", name="Result")
    expect(result.get_by_role("heading")).to_contain_text("One person")
    page.get_by_role("region", name="Second image").get_by_label("choose a file").set_input_files(
        portrait("person_b_1")
    )
    expect(result.get_by_role("heading")).to_contain_text("Two different people")
    expect(page.locator("figure.faces svg rect")).to_have_count(2)
    expect(result.get_by_role("img", name="The confidence is")).to_be_visible()


def test_a_deleted_person_is_followed_until_nothing_is_left(
    page: Page, console_service: RunningService, visit: Callable[[str], None]
) -> None:
    path = f"persongroups/{uuid.uuid4().hex}"
    console_service.ok("PUT", path, {"name": "Short", "recognitionModel": "recognition_04"})
    person = console_service.ok("POST", f"{path}/persons", {"name": "Brief"})["personId"]
    visit(f"person/{path}/{person}")
    page.get_by_role("button", name="Delete the person").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete the person").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How far the deletion is")
    expect(page.get_by_role("main")).to_contain_text("It is no longer in any answer.")
    expect(page.get_by_role("listitem").first).to_contain_text("Until ")
    assert console_service.call("GET", f"{path}/persons/{person}").status_code == 404
    visit(f"deletion/{quote(path, safe='')}/{uuid.uuid4()}")
    expect(page.get_by_role("main")).to_contain_text("Nothing of it is left in this service.")


def test_a_face_is_removed_that_another_caller_removed_before(
    page: Page, console_service: RunningService, group: Group, visit: Callable[[str], None]
) -> None:
    person = console_service.ok("POST", f"{group.path}/persons", {"name": "Brief"})["personId"]
    faces = f"{group.path}/persons/{person}/persistedfaces"
    image = portrait("impostor_1").read_bytes()
    face = console_service.ok("POST", faces, image=image)["persistedFaceId"]
    visit(f"person/{group.path}/{person}")
    remove = page.get_by_role("button", name=f"Remove face {face}")
    expect(remove).to_be_visible()
    console_service.ok("DELETE", f"{faces}/{face}")
    remove.click()
    expect(page.get_by_text("No face yet.")).to_be_visible()


def test_a_person_who_is_deleted_while_the_page_is_open_is_reported_gone(
    page: Page, console_service: RunningService, group: Group, visit: Callable[[str], None]
) -> None:
    body = {"name": "Charles"}
    person = console_service.ok("POST", f"{group.path}/persons", body)["personId"]
    visit(f"person/{group.path}/{person}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Charles")
    console_service.ok("DELETE", f"{group.path}/persons/{person}")
    page.get_by_label("choose files").set_input_files([portrait("impostor_1")])
    expect(page.get_by_role("alert")).to_contain_text("was deleted while the page was open")
    page.get_by_role("link", name="The group").click()
    expect(page.get_by_role("link", name="Ada")).to_be_visible()
    expect(page.get_by_role("link", name="Charles")).to_have_count(0)


def test_groups_beyond_a_page_are_listed(page: Page, visit: Callable[[str], None]) -> None:
    groups = [{"personGroupId": f"g{n:04}", "name": f"Group {n}"} for n in range(1001)]

    def answer(route: Route) -> None:
        start = re.search(r"start=(\w+)", route.request.url)
        after = [one for one in groups if start is None or one["personGroupId"] > start[1]]
        route.fulfill(json=after[:1000])

    page.route("**/face/v1.2/persongroups?*", answer)
    visit("people")
    expect(page.get_by_role("link", name="Group 1000", exact=True)).to_be_attached()
    expect(page.get_by_role("link", name="Group 0", exact=True)).to_have_count(1)
