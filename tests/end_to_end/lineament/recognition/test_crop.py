"""Crop: a face with its surroundings, as it is embedded, or the image with boxes and names."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from tests.end_to_end.lineament.conftest import Family
from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService
from tests.images import portrait


def cropped(service: RunningService, image: bytes, **query: str) -> PIL.Image.Image:
    """The image that crop returns."""
    answer = service.call_own("POST", "crop", image=image, **query)
    assert answer.status_code == 200, answer.text
    form = query.get("format", "png")
    assert answer.headers["content-type"] == f"image/{form}"
    opened = PIL.Image.open(io.BytesIO(answer.content))
    assert opened.format == form.upper()
    return opened


def detected(service: RunningService, image: bytes) -> list[dict[str, Any]]:
    """The rectangles of the faces."""
    query = {"returnFaceId": "false", "detectionModel": "detection_03"}
    faces: list[dict[str, Any]] = service.ok("POST", "detect", image=image, **query)
    return [face["faceRectangle"] for face in faces]


def test_a_crop_without_padding_is_the_rectangle_of_the_largest_face(
    service: RunningService, faces: Path
) -> None:
    image = (faces / "identification1.jpg").read_bytes()
    place = detected(service, image)[0]
    crop = cropped(service, image, padding="0")
    assert crop.size == (place["width"], place["height"])
    wider = cropped(service, image, format="jpeg", padding="0.1")
    assert wider.width >= crop.width
    assert cropped(service, image, size="64").size[1] == 64


def test_a_target_selects_another_face(service: RunningService, faces: Path) -> None:
    image = (faces / "identification1.jpg").read_bytes()
    place = detected(service, image)[-1]
    target = ",".join(str(place[one]) for one in ("left", "top", "width", "height"))
    crop = cropped(service, image, padding="0", targetFace=target)
    assert crop.size == (place["width"], place["height"])


def test_an_aligned_face_has_the_size_of_the_recognition_model_s_input(
    service: RunningService,
) -> None:
    image = portrait("person_a_1").read_bytes()
    assert cropped(service, image, mode="aligned").size == (112, 112)
    assert cropped(service, image, mode="aligned", size="224").size == (224, 224)


def test_boxes_and_names_are_drawn(service: RunningService, family: Family, faces: Path) -> None:
    image = (faces / "identification1.jpg").read_bytes()
    with PIL.Image.open(io.BytesIO(image)) as opened:
        plain = np.asarray(opened.convert("RGB"))
    boxes = np.asarray(cropped(service, image, mode="drawn"))
    named = np.asarray(cropped(service, image, mode="drawn", collections=family.path))
    assert boxes.shape == named.shape == plain.shape
    assert 0 < (boxes != plain).any(axis=2).sum() < (named != plain).any(axis=2).sum()


def test_an_image_without_a_face_gives_no_crop(service: RunningService, faceless: bytes) -> None:
    for mode in ("padded", "aligned"):
        answer = service.call_own("POST", "crop", image=faceless, mode=mode)
        assert refused(answer, 400)["code"] == "InvalidImage"
    assert cropped(service, faceless, mode="drawn").size == (200, 200)


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "round"},
        {"format": "gif"},
        {"padding": "3"},
        {"padding": "x"},
        {"size": "15"},
        {"targetFace": "1,2"},
    ],
)
def test_an_invalid_parameter_is_refused(service: RunningService, query: dict[str, str]) -> None:
    image = portrait("person_a_1").read_bytes()
    answer = service.call_own("POST", "crop", image=image, **query)
    assert refused(answer, 400)["code"] == "BadArgument"
