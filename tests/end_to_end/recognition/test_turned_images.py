"""Images whose turn was lost with their EXIF data: the second look finds the face."""

from __future__ import annotations

import io
import uuid
from typing import Any

import PIL.Image
import pytest

from tests.end_to_end.service import RunningService
from tests.images import portrait


def turned(name: str, quarters: int) -> bytes:
    """A portrait turned counter-clockwise."""
    content = io.BytesIO()
    with PIL.Image.open(portrait(name)) as image:
        image.convert("RGB").rotate(90 * quarters, expand=True).save(content, "PNG")
    return content.getvalue()


def target_of(rectangle: dict[str, Any]) -> str:
    return ",".join(str(rectangle[one]) for one in ("left", "top", "width", "height"))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_the_rectangle_of_detect_selects_the_turned_face_when_it_is_added(
    service: RunningService, quarters: int
) -> None:
    image = turned("person_a_1", quarters)
    (face,) = service.ok(
        "POST", "detect", image=image, returnFaceAttributes="headPose", returnFaceId="false"
    )
    roll = face["faceAttributes"]["headPose"]["roll"]
    assert abs((roll + 90 * quarters + 180) % 360 - 180) < 20
    group = uuid.uuid4().hex
    path = f"persongroups/{group}"
    service.ok("PUT", path, {"name": "turned"})
    person = service.ok("POST", f"{path}/persons", {"name": "a"})["personId"]
    add = f"{path}/persons/{person}/persistedfaces"

    service.ok("POST", add, image=image, targetFace=target_of(face["faceRectangle"]))

    (probe,) = service.faces(portrait("person_a_2").read_bytes())
    body = {"faceId": probe, "personId": person, "personGroupId": group}
    verified = service.ok("POST", "verify", body)
    assert verified["isIdentical"]
    beside = {"left": 0, "top": 0, "width": 20, "height": 20}
    assert service.call("POST", add, image=image, targetFace=target_of(beside)).status_code == 400
    service.ok("DELETE", path)
