"""The view of one image."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.images import portrait


def test_faces_landmarks_attributes_and_quality_are_shown(page: Page) -> None:
    page.get_by_label("choose a file").set_input_files(portrait("person_a_1"))
    result = page.get_by_role("region", name="Result")
    expect(result.get_by_role("heading", name="Face 1")).to_be_visible()
    expect(result).to_contain_text("quality for recognition")
    expect(result).to_contain_text("pitch")
    assert result.locator("svg rect").count() == 1
    assert result.locator("svg path").count() == 27
    box, image = result.locator("svg rect").bounding_box(), result.locator("img").bounding_box()
    assert box is not None
    assert image is not None
    assert image["y"] < box["y"] < box["y"] + box["height"] < image["y"] + image["height"]
