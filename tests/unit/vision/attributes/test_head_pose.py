from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.face.attributes import HeadPose
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.attributes.head_pose import head_pose
from shared.vision.attributes.landmarks import POINTS
from shared.vision.attributes.mean_face import MEAN_FACE, MEAN_FACE_POINTS, MIRRORED
from tests.images import portrait
from tests.unit.vision.turned import mirrored, pose, turned

PORTRAITS = ("person_a_1", "person_a_2", "person_b_1", "impostor_1", "impostor_2")


def _seen(pitch: float, roll: float, yaw: float) -> NDArray[np.float64]:
    """The mean face under a known turn, in the frame right, down, into the image."""
    x, y, z = math.radians(-pitch), math.radians(-yaw), math.radians(roll)
    about_x = np.array([[1, 0, 0], [0, math.cos(x), -math.sin(x)], [0, math.sin(x), math.cos(x)]])
    about_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    about_z = np.array([[math.cos(z), -math.sin(z), 0], [math.sin(z), math.cos(z), 0], [0, 0, 1]])
    points = np.zeros((POINTS, 2))
    points[list(MEAN_FACE_POINTS)] = (MEAN_FACE @ (about_z @ about_y @ about_x).T)[:, :2]
    return points * 40 + 200


@pytest.mark.parametrize("angles", [(0, 0, 0), (12, -20, 35), (-25, 30, -10), (5, 75, -40)])
def test_a_known_turn_of_the_mean_face_is_read_back(angles: tuple[float, float, float]) -> None:
    found = head_pose(_seen(*angles))
    assert (found.pitch, found.roll, found.yaw) == pytest.approx(angles, abs=1e-6)


def test_a_nose_that_points_right_is_positive_yaw_and_one_that_points_up_positive_pitch() -> None:
    nose = MEAN_FACE_POINTS.index(30)
    eyes = [MEAN_FACE_POINTS.index(36), MEAN_FACE_POINTS.index(45)]

    def nose_from_eyes(points: NDArray[np.float64]) -> NDArray[np.float64]:
        seen = points[list(MEAN_FACE_POINTS)]
        offset: NDArray[np.float64] = seen[nose] - seen[eyes].mean(axis=0)
        return offset

    frontal = nose_from_eyes(_seen(0, 0, 0))
    assert nose_from_eyes(_seen(0, 0, 20))[0] > frontal[0]
    assert nose_from_eyes(_seen(20, 0, 0))[1] < frontal[1]


def test_the_mean_face_is_symmetric_and_its_nose_stands_out() -> None:
    places = dict(zip(MEAN_FACE_POINTS, MEAN_FACE, strict=True))
    for index, place in places.items():
        np.testing.assert_allclose(places[MIRRORED[index]], place * (-1, 1, 1), atol=0.0011)
    assert places[30][2] == min(place[2] for place in places.values())


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("degrees", [-30, -20, -10, 10, 20, 30])
def test_rotating_an_image_changes_roll_alone(
    analyzer: FaceAnalyzer, name: str, degrees: int
) -> None:
    image = analyzer.decode(portrait(name).read_bytes())
    before, after = pose(analyzer, image), pose(analyzer, turned(image, degrees))
    assert after.roll - before.roll == pytest.approx(degrees, abs=3)
    assert after.pitch == pytest.approx(before.pitch, abs=3)
    assert after.yaw == pytest.approx(before.yaw, abs=3)


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_mirror_flips_yaw_and_roll_and_keeps_pitch(analyzer: FaceAnalyzer, name: str) -> None:
    image = analyzer.decode(portrait(name).read_bytes())
    before, after = pose(analyzer, image), pose(analyzer, mirrored(image))
    expected = HeadPose(before.pitch, -before.roll, -before.yaw)
    assert (after.pitch, after.roll, after.yaw) == pytest.approx(
        (expected.pitch, expected.roll, expected.yaw), abs=3
    )


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_frontal_portrait_has_little_yaw(analyzer: FaceAnalyzer, name: str) -> None:
    assert abs(pose(analyzer, analyzer.decode(portrait(name).read_bytes())).yaw) < 15


def test_small_faces_that_lean_are_read_within_three_degrees(
    analyzer: FaceAnalyzer, data: Path
) -> None:
    for name in ("Family1-Daughter1.jpg", "Family1-Mom2.jpg", "Family1-Son2.jpg"):
        image = analyzer.decode((data / "faces" / name).read_bytes())
        before = pose(analyzer, image).roll
        for degrees in (-30, -20, 20, 30):
            found = pose(analyzer, turned(image, degrees)).roll - before
            assert found == pytest.approx(degrees, abs=3), name
