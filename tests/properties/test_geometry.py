"""Rectangles, squares, overlaps, and positions at full size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.face.full_size import at_full_size
from shared.domain.face.geometry import Point, Rectangle
from shared.domain.values import Detection, FivePoints

SIZES = st.tuples(st.integers(1, 9_000), st.integers(1, 9_000))


@st.composite
def inside(draw: st.DrawFn) -> tuple[Rectangle, tuple[int, int]]:
    """A rectangle inside an image, and the image's size."""
    width, height = draw(SIZES)
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    across, down = draw(st.integers(1, width - left)), draw(st.integers(1, height - top))
    return Rectangle(left, top, across, down), (width, height)


@given(inside())
def test_a_square_lies_inside_the_image_and_is_one(
    found: tuple[Rectangle, tuple[int, int]],
) -> None:
    box, size = found
    square = box.squared(size)
    assert square.width == square.height == min((box.width + box.height) // 2, *size)
    assert 0 <= square.left <= square.right <= size[0]
    assert 0 <= square.top <= square.bottom <= size[1]


@given(inside(), inside())
def test_overlap_is_symmetric_and_1_for_the_same(
    one: tuple[Rectangle, tuple[int, int]], other: tuple[Rectangle, tuple[int, int]]
) -> None:
    first, second = one[0], other[0]
    assert 0.0 <= first.overlap(second) == second.overlap(first) <= 1.0
    assert first.overlap(first) == 1.0
    assert first.holds_centre_of(first)


@given(inside(), st.integers(1, 4), st.integers(0, 3), st.integers(0, 3))
def test_a_rectangle_at_full_size_covers_the_same_part_and_stays_inside(
    found: tuple[Rectangle, tuple[int, int]], factor: int, less_wide: int, less_high: int
) -> None:
    box, (width, height) = found
    # A reduced image has as many pixels as the file's, divided and rounded up.
    size = (width * factor - less_wide % factor, height * factor - less_high % factor)
    point = Point(float(box.left), float(box.top))
    full = at_full_size(Detection(box, FivePoints(*[point] * 5), 0.9), factor, size)
    large = full.rectangle
    assert 0 <= large.left < large.right <= size[0]
    assert 0 <= large.top < large.bottom <= size[1]
    assert abs(large.left - box.left * factor) < factor
    assert abs(large.right - box.right * factor) < factor
    assert full.points.nose_tip == Point(point.x * factor, point.y * factor)
