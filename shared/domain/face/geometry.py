"""Rectangles and points, in pixels of the upright image."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A position in pixels; x grows to the right, y down."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An axis-aligned rectangle in whole pixels, as Azure's ``faceRectangle``."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column to the right of the rectangle."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """First row below the rectangle."""
        return self.top + self.height

    @property
    def area(self) -> int:
        """Width times height, in square pixels."""
        return self.width * self.height

    def overlap(self, other: Rectangle) -> float:
        """Intersection over union with another rectangle, 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area + other.area - shared)

    def squared(self, size: tuple[int, int]) -> Rectangle:
        """A square around the same centre, moved and clipped to lie inside an image.

        Its side is the mean of width and height.

        Args:
            size: width and height of the image, in pixels.
        """
        side = min((self.width + self.height) // 2, *size)
        left = min(max(0, self.left + (self.width - side) // 2), size[0] - side)
        top = min(max(0, self.top + (self.height - side) // 2), size[1] - side)
        return Rectangle(left, top, side, side)

    def holds_centre_of(self, other: Rectangle) -> bool:
        """Whether the centre of ``other`` lies inside this rectangle."""
        x = other.left + other.width / 2
        y = other.top + other.height / 2
        return self.left <= x < self.right and self.top <= y < self.bottom
