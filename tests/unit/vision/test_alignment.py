from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.face.geometry import Point
from shared.domain.values import FivePoints
from shared.vision.alignment import SIDE, TEMPLATE, align, fit_similarity
from shared.vision.images import Image


def _turned(points: NDArray[np.float64], degrees: float, scale: float) -> NDArray[np.float64]:
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    turned: NDArray[np.float64] = points @ turn * scale
    return turned


def _five(points: NDArray[np.float64]) -> FivePoints:
    return FivePoints(*(Point(float(x), float(y)) for x, y in points))


@pytest.mark.parametrize("degrees", [-170.0, -90.0, -30.0, 0.0, 12.5, 45.0, 180.0])
@pytest.mark.parametrize("scale", [0.05, 1.0, 17.0])
def test_a_similarity_is_recovered_from_the_points_it_moved(degrees: float, scale: float) -> None:
    source = np.array(TEMPLATE)
    destination = np.add(_turned(source, degrees, scale), (311.0, -42.0))
    found = fit_similarity(source, destination)
    moved = np.array([found.apply(x, y) for x, y in source])
    assert moved == pytest.approx(destination, abs=1e-9)
    assert found.scale == pytest.approx(scale)


def test_the_fit_is_the_least_squares_one() -> None:
    generator = np.random.default_rng(7)
    source = np.array(TEMPLATE)
    destination = _turned(source, 20, 2) + generator.normal(0, 3, source.shape)
    found = fit_similarity(source, destination)
    # The same problem as a linear one in (a, b, tx, ty), solved by numpy.
    x, y = source.T
    one, nil = np.ones_like(x), np.zeros_like(x)
    rows = np.concatenate([np.stack([x, -y, one, nil], 1), np.stack([y, x, nil, one], 1)])
    expected = np.linalg.lstsq(rows, destination.T.ravel(), rcond=None)[0]
    assert (found.a, found.b, found.tx, found.ty) == pytest.approx(expected.tolist())


def test_a_mirrored_face_is_never_mirrored_back() -> None:
    source = np.array(TEMPLATE)
    found = fit_similarity(source * (-1, 1), source)
    determinant = found.a**2 + found.b**2
    assert determinant > 0


def test_points_that_coincide_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        fit_similarity(np.zeros((5, 2)), np.array(TEMPLATE))


def test_a_face_already_in_place_is_cut_out_unchanged() -> None:
    generator = np.random.default_rng(3)
    pixels = generator.integers(0, 256, (200, 230, 3), np.uint8)
    crop = align(Image(pixels), _five(np.add(TEMPLATE, (40, 25))))
    assert np.abs(crop.astype(int) - pixels[25 : 25 + SIDE, 40 : 40 + SIDE]).max() <= 1


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.9, 2.0, 3.3, 9.0])
@pytest.mark.parametrize("degrees", [0.0, 25.0, -90.0])
def test_a_template_point_comes_from_that_point_of_the_image(scale: float, degrees: float) -> None:
    # A smooth image whose colours encode the position: red grows to the right, green downwards.
    size = 1_600
    ramp = np.linspace(0, 255, size)
    pixels = np.zeros((size, size, 3), np.uint8)
    pixels[:, :, 0] = ramp.round()[np.newaxis, :]
    pixels[:, :, 1] = ramp.round()[:, np.newaxis]
    points = _turned(np.array(TEMPLATE) - (56, 72), degrees, scale) + size / 2
    crop = align(Image(pixels), _five(points))
    for (x, y), (column, row) in zip(TEMPLATE, points, strict=True):
        red, green, _ = crop[round(y), round(x)].astype(float)
        tolerance = 1.5 + scale * 255 / size
        assert red == pytest.approx(column * 255 / size, abs=tolerance)
        assert green == pytest.approx(row * 255 / size, abs=tolerance)


def test_outside_of_the_image_the_crop_is_black() -> None:
    white = Image(np.full((60, 60, 3), 255, np.uint8))
    crop = align(white, _five(np.add(TEMPLATE, (0, -56))))
    assert crop[0:50].max() == 0
    assert crop[60:110, 5:50].min() == 255


def test_a_face_completely_outside_the_image_is_black() -> None:
    white = Image(np.full((60, 60, 3), 255, np.uint8))
    crop = align(white, _five(np.add(TEMPLATE, (500, 500))))
    assert crop.shape == (SIDE, SIDE, 3)
    assert crop.max() == 0


def test_strong_minifying_averages_instead_of_skipping_pixels() -> None:
    # A chequerboard of single pixels is grey from afar; sampling every eighth pixel is not.
    size = 1_000
    board = (np.indices((size, size)).sum(axis=0) % 2 * 255).astype(np.uint8)
    pixels = np.ascontiguousarray(np.repeat(board[:, :, np.newaxis], 3, axis=2))
    crop = align(Image(pixels), _five(np.array(TEMPLATE) * 8))
    assert np.abs(crop[2:-2, 2:-2].astype(int) - 127).max() <= 2
