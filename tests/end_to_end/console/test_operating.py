"""Uploads with results and reasons, duplicates, failed messages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.end_to_end.poison_queue import poisoned
from tests.end_to_end.service import RunningService
from tests.images import portrait


@pytest.fixture(scope="module")
def twins(console_service: RunningService) -> str:
    """A trained group in which one person stands under two names."""
    path = f"largepersongroups/{uuid.uuid4().hex}"
    console_service.ok("PUT", path, {"name": "Twins", "recognitionModel": "recognition_04"})
    for name, image in (("Ada", "person_a_1"), ("Countess", "person_a_2"), ("Bob", "impostor_1")):
        person = console_service.ok("POST", f"{path}/persons", {"name": name})["personId"]
        faces = f"{path}/persons/{person}/persistedfaces"
        console_service.ok("POST", faces, image=portrait(image).read_bytes())
    assert console_service.train(path)["status"] == "succeeded"
    return path


def named(name: str, content: bytes) -> FilePayload:
    """A file with any name."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def test_images_are_uploaded_and_their_results_browsed(
    page: Page, twins: str, visit: Callable[[str], None]
) -> None:
    visit("uploads")
    page.get_by_label("Identify in").select_option(twins)
    page.get_by_label("choose files").set_input_files(
        [
            named("<b>visitor</b>.jpg", portrait("impostor_1").read_bytes()),
            named("broken.jpg", b"no image " * 200),
        ]
    )
    page.get_by_role("link", name="<b>visitor</b>.jpg").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>visitor</b>.jpg")
    expect(page.get_by_role("listitem")).to_contain_text("Bob")
    page.get_by_role("link", name="All uploads").click()
    page.get_by_role("link", name="broken.jpg").click()
    expect(page.get_by_role("main")).to_contain_text("InvalidImage: ")
    page.get_by_role("link", name="All uploads").click()
    page.get_by_label("Status").select_option("rejected")
    expect(page.get_by_role("link", name="<b>visitor</b>.jpg")).to_have_count(0)
    page.get_by_role("link", name="broken.jpg").click()
    page.get_by_role("button", name="Delete the upload").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uploads")
    expect(page.get_by_role("link", name="<b>visitor</b>.jpg")).to_be_visible()
    expect(page.get_by_role("link", name="broken.jpg")).to_have_count(0)


def test_pending_uploads_get_their_status_and_one_that_fails_does_not_stop_the_others(
    page: Page, visit: Callable[[str], None], tmp_path: Path
) -> None:
    empty, name = tmp_path / "empty.jpg", f"עברית {uuid.uuid4().hex}.jpg"
    empty.write_bytes(b"")
    image = tmp_path / name
    image.write_bytes(portrait("person_a_1").read_bytes())
    visit("uploads")
    page.get_by_label("choose files").set_input_files([empty, image])
    failures = page.get_by_role("list", name="Not uploaded")
    expect(failures).to_contain_text("empty.jpg: The file has 0 bytes; an image may have 1 KB")
    expect(page.get_by_text("1 of 2 images were uploaded.")).to_be_in_viewport()
    expect(page.get_by_role("listitem").filter(has_text=name)).to_contain_text("succeeded")


def test_an_upload_that_enrolled_a_face_leads_to_the_person(
    page: Page, console_service: RunningService, visit: Callable[[str], None]
) -> None:
    name = f"enroll/persongroups/{uuid.uuid4().hex}/Ada Lovelace/1.jpg"
    console_service.own("PUT", f"uploads/{name}", image=portrait("person_a_1").read_bytes())
    visit(f"upload/{quote(name, safe='')}")
    page.get_by_role("link", name="a person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")


def test_a_person_whose_faces_look_like_two_people_is_listed(
    page: Page, console_service: RunningService, visit: Callable[[str], None]
) -> None:
    path = f"persongroups/{uuid.uuid4().hex}"
    console_service.ok("PUT", path, {"name": "Mixed", "recognitionModel": "recognition_04"})
    person = console_service.ok("POST", f"{path}/persons", {"name": "Jekyll"})["personId"]
    for name in ("person_a_1", "person_a_2", "person_b_1", "person_b_2"):
        faces = f"{path}/persons/{person}/persistedfaces"
        console_service.ok("POST", faces, image=portrait(name).read_bytes())
    console_service.train(path)
    visit("duplicates")
    page.get_by_label("Group").select_option(path)
    page.get_by_role("button", name="Search").click()
    result = page.get_by_role("region", name="Result")
    expect(result).to_contain_text("Jekyll has 2 and 2 faces that look like two people")


def test_two_persons_who_look_like_one_are_listed(
    page: Page, console_service: RunningService, twins: str, visit: Callable[[str], None]
) -> None:
    untrained = f"persongroups/{uuid.uuid4().hex}"
    console_service.ok("PUT", untrained, {"name": "Empty", "recognitionModel": "recognition_04"})
    visit("duplicates")
    page.get_by_label("Group").select_option(twins)
    page.get_by_role("button", name="Search").click()
    result = page.get_by_role("region", name="Result")
    expect(result.get_by_role("listitem")).to_have_count(1)
    expect(result.get_by_role("listitem")).to_contain_text("look like one person")

    page.get_by_label("Group").select_option(untrained)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("alert")).to_have_text("Person group not trained.")
    expect(result.get_by_role("listitem")).to_have_count(0)

    page.get_by_label("Group").select_option(twins)
    page.get_by_role("button", name="Search").click()
    result.get_by_role("link", name="Countess").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Countess")


def test_a_failed_message_is_replayed(
    page: Page, console_service: RunningService, visit: Callable[[str], None]
) -> None:
    content = {"incarnation": str(uuid.uuid4()), "kind": "<b>PersonGroup</b>", "partition": "0"}
    poisoned(console_service, "purge-poison", content)
    visit("poison")
    expect(page.get_by_role("listitem")).to_contain_text("<b>PersonGroup</b>")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("status")).to_have_text("It was delivered to purge again.")
    expect(page.get_by_text("No message failed.")).to_be_visible()
