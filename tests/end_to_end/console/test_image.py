"""The view of one image."""

from __future__ import annotations

import io
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Page, Route, expect

from tests.end_to_end.service import RunningService
from tests.images import portrait


def test_faces_landmarks_attributes_and_quality_are_shown(page: Page) -> None:
    page.get_by_label("choose a file").set_input_files(portrait("person_a_1"))
    result = page.get_by_role("region", name="Result")
    expect(result.get_by_role("heading", name="Face 1")).to_be_visible()
    expect(result).to_contain_text("quality for recognition")
    expect(result).to_contain_text("pitch")
    assert result.locator("svg rect").count() == 1
    assert result.locator("svg path").count() == 27


@pytest.mark.parametrize("width", [360, 1280])
def test_the_box_is_where_the_service_found_the_face(
    page: Page, console_service: RunningService, width: int
) -> None:
    content = portrait("person_a_2").read_bytes()
    (face,) = console_service.ok(
        "POST", "detect", image=content, detectionModel="detection_03", returnFaceId="false"
    )
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_label("choose a file").set_input_files(portrait("person_a_2"))
    result = page.get_by_role("region", name="Result")
    expect(result.get_by_role("heading", name="Face 1")).to_be_visible()
    box, image = result.locator("svg rect").bounding_box(), result.locator("img").bounding_box()
    assert box is not None
    assert image is not None
    scale = image["width"] / PIL.Image.open(io.BytesIO(content)).width
    found = face["faceRectangle"]
    assert box["x"] - image["x"] == pytest.approx(found["left"] * scale, abs=3)
    assert box["y"] - image["y"] == pytest.approx(found["top"] * scale, abs=3)
    assert box["width"] == pytest.approx(found["width"] * scale, abs=6)
    assert box["height"] == pytest.approx(found["height"] * scale, abs=6)


def test_an_image_without_a_face_is_said_to_have_none(page: Page, tmp_path: Path) -> None:
    image = tmp_path / "grey.png"
    PIL.Image.effect_noise((200, 200), 40).save(image)
    page.get_by_label("choose a file").set_input_files(image)
    expect(page.get_by_role("region", name="Result")).to_contain_text("No face was found.")


def test_the_error_of_an_image_is_not_shown_beside_the_next_one(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image" * 200)
    held: list[Route] = []
    page.route("**/detect?*", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/detect?*"):
        page.get_by_label("choose a file").set_input_files(broken)
    page.get_by_label("choose a file").set_input_files(portrait("person_a_1"))
    expect(page.get_by_role("heading", name="Face 1")).to_be_visible()
    with page.expect_response(lambda answer: answer.status == 400):
        held[0].continue_()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_line_is_shown_while_an_answer_is_awaited(page: Page) -> None:
    held: list[Route] = []
    page.route("**/detect?*", lambda route: held.append(route))
    with page.expect_request("**/detect?*"):
        page.get_by_label("choose a file").set_input_files(portrait("person_a_1"))
    expect(page.locator("html")).to_have_class("waiting")
    held[0].continue_()
    expect(page.get_by_role("heading", name="Face 1")).to_be_visible()
    expect(page.locator("html")).to_have_class("")


def test_an_image_is_pasted(page: Page) -> None:
    page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "pasted.jpg"));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        }""",
        list(portrait("person_a_1").read_bytes()),
    )
    expect(page.get_by_role("heading", name="Face 1")).to_be_visible()
