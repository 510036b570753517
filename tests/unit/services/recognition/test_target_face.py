"""Rectangles of each detection model, and the face that a targetFace selects."""

from __future__ import annotations

import pytest

from shared.domain.errors import BadArgument, InvalidImage
from shared.domain.face.geometry import Point, Rectangle
from shared.domain.values import Detection, FivePoints, SeenFace
from shared.services.recognition.target_face import rectangles_for_model, select_target_face

SIZE = (640, 480)
POINTS = FivePoints(*[Point(0.0, 0.0)] * 5)


def face(left: int, top: int, width: int, height: int) -> Detection:
    return Detection(Rectangle(left, top, width, height), POINTS, 0.9)


FACES = (face(100, 100, 100, 140), face(180, 110, 90, 120), face(600, 0, 40, 60))
CORNERS = (face(0, 0, 20, 60), face(600, 400, 40, 80), face(0, 0, 640, 480), face(0, 100, 300, 20))


@pytest.mark.parametrize("detection", [*FACES, *CORNERS])
def test_detection_01_reports_squares_inside_the_image(detection: Detection) -> None:
    (returned,) = rectangles_for_model("detection_01", [SeenFace(detection, None)], SIZE)
    square = returned.detection.rectangle
    assert square.width == square.height > 0
    assert square.left >= 0
    assert square.top >= 0
    assert square.right <= SIZE[0]
    assert square.bottom <= SIZE[1]


@pytest.mark.parametrize("model", ["detection_02", "detection_03"])
def test_other_models_report_rectangles_as_high_as_the_faces(model: str) -> None:
    seen = [SeenFace(detection, None) for detection in FACES]
    assert rectangles_for_model(model, seen, SIZE) == seen


def test_squares_come_largest_first() -> None:
    seen = [SeenFace(one, None) for one in (face(0, 0, 100, 100), face(200, 0, 40, 200))]
    returned = rectangles_for_model("detection_01", seen, SIZE)
    areas = [one.detection.rectangle.area for one in returned]
    assert areas == sorted(areas, reverse=True)
    assert returned[0].detection.rectangle.width == 120


@pytest.mark.parametrize("model", ["detection_01", "detection_03"])
@pytest.mark.parametrize("number", range(len(FACES)))
def test_a_rectangle_that_detect_returned_selects_its_face(model: str, number: int) -> None:
    (returned,) = rectangles_for_model(model, [SeenFace(FACES[number], None)], SIZE)
    assert select_target_face(FACES, returned.detection.rectangle, SIZE) is FACES[number]


def test_a_rectangle_around_one_face_selects_it() -> None:
    assert select_target_face(FACES, Rectangle(590, 0, 50, 80), SIZE) is FACES[2]


def test_a_rectangle_around_two_faces_is_ambiguous() -> None:
    with pytest.raises(InvalidImage, match="more than 1 face"):
        select_target_face(FACES, Rectangle(90, 90, 200, 160), SIZE)


def test_a_rectangle_without_a_face_has_none() -> None:
    with pytest.raises(InvalidImage, match="No face"):
        select_target_face(FACES, Rectangle(300, 300, 50, 50), SIZE)


def test_a_rectangle_outside_the_image_is_out_of_range() -> None:
    with pytest.raises(BadArgument, match="out of range"):
        select_target_face(FACES, Rectangle(600, 0, 41, 60), SIZE)


def test_without_a_rectangle_there_must_be_one_face() -> None:
    assert select_target_face(FACES[:1], None, SIZE) is FACES[0]
    with pytest.raises(InvalidImage, match="more than 1"):
        select_target_face(FACES, None, SIZE)
    with pytest.raises(InvalidImage, match="No face"):
        select_target_face([], None, SIZE)
