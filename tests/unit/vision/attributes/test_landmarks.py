from __future__ import annotations

import dataclasses
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.errors import InvalidModel
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.attributes.landmarks import POINTS, Landmarker, named_landmarks
from shared.vision.runtime.manifest import Manifest, Task
from shared.vision.runtime.sessions import Sessions
from tests.images import portrait
from tests.unit.vision.turned import turned

PORTRAITS = ("person_a_1", "person_a_2", "person_b_1", "person_b_2", "impostor_1", "impostor_2")


@pytest.mark.parametrize("name", PORTRAITS)
def test_the_landmarks_of_a_portrait_lie_as_their_names_say(
    analyzer: FaceAnalyzer, name: str
) -> None:
    image = analyzer.decode(portrait(name).read_bytes())
    (face,) = analyzer.detect(image)
    found = named_landmarks(analyzer.points(image, face))
    across = [
        *(found.eye_left_outer, found.pupil_left, found.eye_left_inner, found.nose_root_left),
        *(found.nose_root_right, found.eye_right_inner, found.pupil_right, found.eye_right_outer),
    ]
    assert [point.x for point in across] == sorted(point.x for point in across)
    down = [
        *(found.eyebrow_left_inner, found.eye_left_bottom, found.nose_left_alar_top),
        *(found.nose_left_alar_out_tip, found.upper_lip_top, found.under_lip_bottom),
    ]
    assert [point.y for point in down] == sorted(point.y for point in down)
    lips = (found.upper_lip_top, found.upper_lip_bottom, found.under_lip_top)
    assert lips[0].y < lips[1].y < lips[2].y + 0.02 * face.rectangle.height
    for eye, seen in ((found.pupil_left, face.points.eye_left),):
        assert abs(eye.x - seen.x) < 0.06 * face.rectangle.width
        assert abs(eye.y - seen.y) < 0.06 * face.rectangle.height


def test_landmarks_rotate_with_the_image(analyzer: FaceAnalyzer) -> None:
    image = analyzer.decode(portrait("impostor_1").read_bytes())
    upright = named_landmarks(analyzer.points(image, analyzer.detect(image)[0]))
    leaning = turned(image, 20)
    found = named_landmarks(analyzer.points(leaning, analyzer.detect(leaning)[0]))
    angle = np.radians(20)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([(image.width - 1) / 2, (image.height - 1) / 2])
    new_middle = np.array([(leaning.width - 1) / 2, (leaning.height - 1) / 2])
    apart = upright.eye_right_outer.x - upright.eye_left_outer.x
    for field in dataclasses.fields(upright):
        before, after = getattr(upright, field.name), getattr(found, field.name)
        expected = turn @ (np.array([before.x, before.y]) - middle) + new_middle
        assert np.hypot(*(expected - (after.x, after.y))) < 0.05 * apart, field.name


def test_the_error_of_landmarks_is_below_four_hundredths_of_the_eyes_distance(
    analyzer: FaceAnalyzer, data: Path
) -> None:
    errors = []
    for table in (data / "landmarks").glob("*.xml"):
        for entry in ElementTree.parse(table).getroot().iter("image"):  # noqa: S314 - our own file
            content = (data / "landmarks" / entry.attrib["file"]).read_bytes()
            image = analyzer.decode(content)
            faces = analyzer.detect(image)
            for box in entry.iter("box"):
                truth = _truth(box)
                x, y = truth.mean(axis=0)
                for face in faces:
                    place = face.rectangle
                    if place.left < x < place.right and place.top < y < place.bottom:
                        off = np.hypot(*(analyzer.points(image, face) - truth)[17:].T).mean()
                        errors.append(off / np.hypot(*(truth[45] - truth[36])))
                        break
    assert len(errors) >= 41
    assert np.mean(errors) < 0.04


def test_a_model_of_another_kind_is_refused(manifest: Manifest, analyzer: FaceAnalyzer) -> None:
    entry = manifest.first(Task.LANDMARKS)

    class Silent:
        def run(self, outputs: object, feeds: object) -> list[NDArray[np.float32]]:
            return [np.zeros((1, 10), np.float32)]

    image = analyzer.decode(portrait("person_a_1").read_bytes())
    with pytest.raises(InvalidModel, match="make models"):
        Landmarker(Silent(), entry).points(image, analyzer.detect(image)[0])
    session = Sessions().session(entry)
    assert Landmarker(session, entry).points(image, analyzer.detect(image)[0]).shape == (POINTS, 2)


def _truth(box: ElementTree.Element) -> NDArray[np.float64]:
    places = {part.attrib["name"]: part.attrib for part in box.iter("part")}
    return np.array(
        [(float(places[f"{n:02}"]["x"]), float(places[f"{n:02}"]["y"])) for n in range(POINTS)]
    )
