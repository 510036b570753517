from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from shared.domain.face.attributes import (
    Attribute,
    Blur,
    Exposure,
    ExposureLevel,
    FaceAttributes,
    Level,
    Noise,
)
from shared.domain.face.geometry import Rectangle
from shared.domain.values import Detection
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.attributes.image_quality import blur, exposure, noise
from shared.vision.attributes.recognition_quality import recognition_quality
from shared.vision.images import Image
from tests.images import portrait
from tools.measure.accuracy.attributes import damage

PORTRAITS = ("person_a_1", "person_a_2", "person_b_1", "person_b_2", "impostor_1", "impostor_2")
PIXELS = {Attribute.BLUR, Attribute.EXPOSURE, Attribute.NOISE}


def _face(analyzer: FaceAnalyzer, name: str) -> tuple[Image, Detection]:
    image = analyzer.decode(portrait(name).read_bytes())
    return image, analyzer.detect(image)[0]


def _seen(analyzer: FaceAnalyzer, image: Image, face: Detection) -> FaceAttributes:
    ((_, attributes),) = analyzer.describe(image, [face], PIXELS, landmarks=False)
    return attributes


@pytest.mark.parametrize("name", PORTRAITS)
def test_blur_rises_with_every_step_of_a_gaussian(analyzer: FaceAnalyzer, name: str) -> None:
    image, face = _face(analyzer, name)
    values = []
    for sigma in (1.0, 2.0, 3.0, 4.0, 6.0):
        found = _seen(analyzer, damage.blurred(image, face, sigma), face).blur
        assert found is not None
        values.append(found)
    assert all(after.value > before.value for before, after in pairwise(values))
    assert values[-1].level is Level.HIGH


@pytest.mark.parametrize("name", PORTRAITS)
def test_exposure_rises_with_every_stop_of_light(analyzer: FaceAnalyzer, name: str) -> None:
    image, face = _face(analyzer, name)
    values = []
    for stops in (-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 5.0):
        found = _seen(analyzer, damage.exposed(image, stops), face).exposure
        assert found is not None
        values.append(found)
    assert all(after.value > before.value for before, after in pairwise(values))
    assert values[0].level is ExposureLevel.UNDER
    assert values[3].level is ExposureLevel.GOOD
    assert values[-1].level is ExposureLevel.OVER


@pytest.mark.parametrize("name", PORTRAITS)
def test_noise_rises_with_every_step_of_noise(analyzer: FaceAnalyzer, name: str) -> None:
    image, face = _face(analyzer, name)
    generator = np.random.default_rng(5)
    values = []
    for deviation in (0.0, 5.0, 10.0, 20.0, 40.0):
        found = _seen(analyzer, damage.noisy(image, deviation, generator), face).noise
        assert found is not None
        values.append(found)
    assert all(after.value > before.value for before, after in pairwise(values))
    assert (values[0].level, values[-1].level) == (Level.LOW, Level.HIGH)


@pytest.mark.parametrize(
    ("value", "blurred", "exposed", "noisy"),
    [
        (0.0, Level.LOW, ExposureLevel.UNDER, Level.LOW),
        (0.2499, Level.LOW, ExposureLevel.UNDER, Level.LOW),
        (0.25, Level.MEDIUM, ExposureLevel.GOOD, Level.LOW),
        (0.2999, Level.MEDIUM, ExposureLevel.GOOD, Level.LOW),
        (0.3, Level.MEDIUM, ExposureLevel.GOOD, Level.MEDIUM),
        (0.7, Level.MEDIUM, ExposureLevel.GOOD, Level.HIGH),
        (0.7499, Level.MEDIUM, ExposureLevel.GOOD, Level.HIGH),
        (0.75, Level.HIGH, ExposureLevel.OVER, Level.HIGH),
        (1.0, Level.HIGH, ExposureLevel.OVER, Level.HIGH),
    ],
)
def test_levels_fall_on_the_documented_bounds(
    value: float, blurred: Level, exposed: ExposureLevel, noisy: Level
) -> None:
    assert (Blur(value).level, Exposure(value).level, Noise(value).level) == (
        blurred,
        exposed,
        noisy,
    )


def test_a_face_without_any_edge_is_blurred_and_without_noise() -> None:
    black = np.zeros((112, 112, 3), np.uint8)
    assert blur(black).value == 1.0
    assert exposure(black).value == 0.0
    assert exposure(np.full_like(black, 255)).value == pytest.approx(1.0)
    assert noise(Image(black), Rectangle(10, 10, 60, 80)).value == 0.0
    assert noise(Image(black), Rectangle(110, 0, 2, 60)).value == 0.0


@pytest.mark.parametrize(
    ("norm", "expected"),
    [(14.0, Level.HIGH), (11.4, Level.HIGH), (11.0, Level.MEDIUM), (10.0, Level.LOW)],
)
def test_a_longer_embedding_is_of_higher_quality(norm: float, expected: Level) -> None:
    assert recognition_quality(norm) is expected


def test_a_blurred_portrait_is_of_lower_quality_than_the_original(analyzer: FaceAnalyzer) -> None:
    image, face = _face(analyzer, "impostor_1")
    worse = damage.blurred(image, face, 6.0)
    qualities = [
        analyzer.describe(variant, [face], {Attribute.QUALITY}, landmarks=False)[0][1].quality
        for variant in (image, worse)
    ]
    assert qualities == [Level.HIGH, Level.LOW]


def test_attributes_that_are_not_requested_are_not_returned(analyzer: FaceAnalyzer) -> None:
    image, face = _face(analyzer, "impostor_1")
    ((landmarks, found),) = analyzer.describe(image, [face], {Attribute.BLUR}, landmarks=False)
    assert landmarks is None
    assert found.blur is not None
    assert (found.head_pose, found.exposure, found.noise, found.quality) == (None,) * 4
    ((landmarks, found),) = analyzer.describe(image, [face], (), landmarks=True)
    assert landmarks is not None
    assert found == FaceAttributes()
