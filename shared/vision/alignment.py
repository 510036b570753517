"""Alignment: a face rotated, scaled and cropped as the recognition model was trained.

Coordinates follow OpenCV and the models' training: whole numbers are pixel centres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from shared.domain.values import FivePoints
from shared.vision.images import Image

SIDE = 112

TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where ArcFace and SFace expect eyes, nose tip and mouth corners in 112 by 112 pixels
(insightface, face_align.py; OpenCV, face_recognize.cpp)."""

_REDUCE_FROM = 2.0
"""At this many source pixels per crop pixel, bilinear sampling skips pixels: reduce first."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """x' = a·x - b·y + tx, y' = b·x + a·y + ty: rotation, scale and shift, no reflection."""

    a: float
    b: float
    tx: float
    ty: float

    @property
    def scale(self) -> float:
        """Length of a transformed unit vector."""
        return math.hypot(self.a, self.b)

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """The transformed point."""
        return self.a * x - self.b * y + self.tx, self.b * x + self.a * y + self.ty


def fit_similarity(source: NDArray[np.float64], destination: NDArray[np.float64]) -> Similarity:
    """The least-squares similarity from source to destination.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    1991, without reflection. In the plane it has a closed form: with complex numbers p and q for
    the centred points, the factor of rotation and scale is Σ conj(p)·q / Σ |p|².

    Args:
        source: (n, 2).
        destination: (n, 2).

    Raises:
        ValueError: all points of one of the two coincide.
    """
    source_centre, destination_centre = source.mean(axis=0), destination.mean(axis=0)
    p, q = source - source_centre, destination - destination_centre
    spread = float((p * p).sum())
    if spread == 0.0 or not q.any():
        raise ValueError("Points that coincide have no rotation and no scale.")
    a = float((p * q).sum()) / spread
    b = float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum()) / spread
    x, y = source_centre
    return Similarity(
        a,
        b,
        float(destination_centre[0] - a * x + b * y),
        float(destination_centre[1] - b * x - a * y),
    )


class Edge(Enum):
    """What a crop shows beyond the image.

    Embeddings are computed with black edges, as the recognition model was trained. Attributes are
    computed with replicated edges, since black pixels on a face look like something worn.
    """

    BLACK = "black"
    REPLICATED = "replicated"


def align(image: Image, points: FivePoints, edge: Edge = Edge.BLACK) -> NDArray[np.uint8]:
    """The aligned face: uint8, (112, 112, 3), RGB.

    Args:
        image: the image.
        points: the face's five points, in pixels of the image.
        edge: what is shown beyond the image.
    """
    return sample(image, crop_to_image(points), SIDE, edge)


def reaches_beyond(image: Image, points: FivePoints) -> bool:
    """Whether an aligned crop shows pixels beyond the image, so that the kind of edge matters."""
    corners = [crop_to_image(points).apply(x, y) for x in (-1.0, SIDE) for y in (-1.0, SIDE)]
    # A crop of a reduced image also depends on the neighbours of its outermost pixels.
    margin = max(1.0, crop_to_image(points).scale)
    return any(
        not (margin <= x <= image.width - 1 - margin and margin <= y <= image.height - 1 - margin)
        for x, y in corners
    )


def crop_to_image(points: FivePoints) -> Similarity:
    """The similarity from the pixels of the aligned crop to those of the image.

    Raises:
        ValueError: all points coincide.
    """
    found = np.array(
        [
            (point.x, point.y)
            for point in (
                points.eye_left,
                points.eye_right,
                points.nose_tip,
                points.mouth_left,
                points.mouth_right,
            )
        ],
        np.float64,
    )
    # The fit is not symmetric: fit to the template, as the model was trained, then invert.
    return inverse(fit_similarity(found, np.array(TEMPLATE, np.float64)))


def inverse(transform: Similarity) -> Similarity:
    """The inverse of a transform whose scale is greater than 0."""
    square = transform.a**2 + transform.b**2
    a, b = transform.a / square, -transform.b / square
    return Similarity(
        a,
        b,
        -(a * transform.tx - b * transform.ty),
        -(b * transform.tx + a * transform.ty),
    )


def sample(
    image: Image, to_image: Similarity, side: int, edge: Edge = Edge.BLACK
) -> NDArray[np.uint8]:
    """A square crop, interpolated bilinearly.

    Args:
        image: the image.
        to_image: from the crop's pixels to the image's.
        side: of the crop, in pixels.
        edge: what is shown beyond the image.

    Returns:
        uint8, (side, side, 3), RGB.
    """
    corners = [to_image.apply(x, y) for x in (-1.0, side) for y in (-1.0, side)]
    left = math.floor(min(x for x, _ in corners)) - 1
    top = math.floor(min(y for _, y in corners)) - 1
    right = math.ceil(max(x for x, _ in corners)) + 2
    bottom = math.ceil(max(y for _, y in corners)) + 2
    if edge is Edge.REPLICATED:
        pixels = _replicated(image.pixels, left, top, right, bottom)
    else:
        left, top = max(0, left), max(0, top)
        right, bottom = min(image.width, right), min(image.height, bottom)
        if left >= right or top >= bottom:
            return np.zeros((side, side, 3), np.uint8)
        pixels = image.pixels[top:bottom, left:right]
    part = PIL.Image.fromarray(np.ascontiguousarray(pixels))
    factor = 1
    if to_image.scale >= _REDUCE_FROM:
        factor = math.floor(to_image.scale)
        part = part.reduce(factor)
    # Pillow counts from pixel corners and samples at pixel centres: half a pixel is added on
    # both sides of the transform, and then the part's own origin and scale apply.
    a, b = to_image.a / factor, to_image.b / factor
    x = (to_image.tx + 0.5 - left) / factor - 0.5 * (a - b)
    y = (to_image.ty + 0.5 - top) / factor - 0.5 * (b + a)
    crop = part.transform(
        (side, side),
        PIL.Image.Transform.AFFINE,
        (a, -b, x, b, a, y),
        PIL.Image.Resampling.BILINEAR,
    )
    return np.asarray(crop)


def _replicated(
    pixels: NDArray[np.uint8], left: int, top: int, right: int, bottom: int
) -> NDArray[np.uint8]:
    """A part of an image whose outermost pixels are repeated beyond its edges."""
    height, width = pixels.shape[:2]
    rows = np.arange(top, bottom).clip(0, height - 1)
    columns = np.arange(left, right).clip(0, width - 1)
    # One side after the other takes a third of the time of one index over both.
    return pixels.take(rows, axis=0).take(columns, axis=1)
