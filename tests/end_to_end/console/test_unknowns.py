"""Unknown people of uploads are named, merged and forgotten; one is gone while the page is open."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait

UNKNOWN = ("person_b_1", "person_b_2", "impostor_1", "impostor_2")


@pytest.fixture
def group(console_service: RunningService) -> str:
    """A trained group that knows none of the people who are uploaded to it."""
    path = f"largepersongroups/{uuid.uuid4().hex}"
    console_service.ok("PUT", path, {"name": "Door", "recognitionModel": "recognition_04"})
    person = console_service.ok("POST", f"{path}/persons", {"name": "Ada"})["personId"]
    faces = f"{path}/persons/{person}/persistedfaces"
    console_service.ok("POST", faces, image=portrait("person_a_1").read_bytes())
    assert console_service.train(path)["status"] == "succeeded"
    for one in console_service.own("GET", "unknowns")["unknowns"]:
        console_service.own("DELETE", f"unknowns/{one['unknownId']}")
    for name in UNKNOWN:
        image = portrait(name).read_bytes()
        group_id = path.partition("/")[2]
        console_service.own("PUT", f"uploads/{name}.jpg", image=image, largePersonGroupId=group_id)
    eventually(lambda: sightings(console_service) == len(UNKNOWN) or None)
    return path


def sightings(service: RunningService) -> int:
    """All sightings of unknown people."""
    return sum(one["count"] for one in service.own("GET", "unknowns")["unknowns"])


def test_unknown_people_are_named_merged_and_forgotten(
    page: Page, console_service: RunningService, group: str, visit: Callable[[str], None]
) -> None:
    visit("unknowns")
    clusters = page.get_by_role("main").locator("li.card")
    expect(clusters).to_have_count(3)
    first = clusters.first
    expect(first.get_by_role("heading")).to_contain_text("2 sightings")
    first.get_by_text("Uploads").click()
    expect(first.get_by_role("link", name="person_b_2.jpg")).to_be_visible()

    first.get_by_text("Name this person").click()
    first.get_by_label("Name", exact=True).fill("Countess")
    first.get_by_label("Group").select_option(group)
    first.get_by_role("button", name="Make a person").click()
    expect(clusters).to_have_count(2)
    persons = console_service.own("GET", "persons", collection=group, name="Countess")["persons"]
    assert len(persons[0]["persistedFaceIds"]) == 2

    first.get_by_text("Merge with another").click()
    first.get_by_role("button", name="Merge").click()
    expect(clusters).to_have_count(1)
    expect(clusters.get_by_role("heading")).to_contain_text("2 sightings")

    unknown_id = console_service.own("GET", "unknowns")["unknowns"][0]["unknownId"]
    console_service.own("DELETE", f"unknowns/{unknown_id}")
    clusters.get_by_role("button", name="Forget").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(page.get_by_role("alert")).to_contain_text("while the page was open")
    expect(page.get_by_text("There is no unknown person.")).to_be_visible()
