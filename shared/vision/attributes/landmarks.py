"""Landmarks: 68 points of a face, and the 27 that Azure names.

The 68 points are those of the iBUG 300-W dataset: jaw 0 to 16, brows 17 to 26, nose 27 to 35, eyes
36 to 47, lips 48 to 67; left, as seen in the image, comes first.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import InvalidModel
from shared.domain.face.attributes import Landmarks
from shared.domain.face.geometry import Point
from shared.domain.values import Detection, FivePoints
from shared.vision.alignment import Similarity, sample
from shared.vision.attributes.image_quality import LUMA
from shared.vision.images import Image
from shared.vision.runtime.manifest import ModelEntry
from shared.vision.runtime.sessions import InferenceSession

CROP_SIDE = 64
POINTS = 68

_BRIDGE = 27
_INNER_CORNERS = (39, 42)
_ROOT_SHARE = 0.5
"""The distance between the nose roots divided by that between the eyes' inner corners. In four
published responses of Azure it is 0.35, 0.36 (heads turned aside), 0.52 and 0.54.
"""

_ALAR_TIPS = (31, 35)
_ALAR_TOP_SHARE = 0.63
"""Where an ala begins between root and tip, 0 to 1; 0.61 to 0.68 in the same responses."""

_BETWEEN = {
    "pupil_left": (36, 37, 38, 39, 40, 41),
    "pupil_right": (42, 43, 44, 45, 46, 47),
    "eye_left_top": (37, 38),
    "eye_left_bottom": (40, 41),
    "eye_right_top": (43, 44),
    "eye_right_bottom": (46, 47),
}
"""Azure's landmarks that lie between several of the 68 points."""

_PUPILS = ("pupil_left", "pupil_right")

_LEVEL = math.radians(5)
"""Angle between the model's eyes and the detector's from which a second pass is made. On 210
rotated images (-30 to 30 degrees) it reduces the roll's 95th percentile of error from 1.7 to 0.8
degrees, the maximum from 27 to 5.
"""

_STEADYING_PASSES = 2

_SIDE, _RISE = 3.40, 0.28
"""Side of the detector's square, and how far its centre is above that of the points, in root mean
squares of the points' distances from their centre; medians of 3,811 images.
"""

_NAMED = {
    "nose_tip": 30,
    "mouth_left": 48,
    "mouth_right": 54,
    "eyebrow_left_outer": 17,
    "eyebrow_left_inner": 21,
    "eyebrow_right_inner": 22,
    "eyebrow_right_outer": 26,
    "eye_left_outer": 36,
    "eye_left_inner": 39,
    "eye_right_inner": 42,
    "eye_right_outer": 45,
    "nose_left_alar_out_tip": 31,
    "nose_right_alar_out_tip": 35,
    "upper_lip_top": 51,
    "upper_lip_bottom": 62,
    "under_lip_top": 66,
    "under_lip_bottom": 57,
}
"""Azure's landmarks that are one of the 68 points."""


class Landmarker:
    """Finds 68 points of a detected face.

    Args:
        session: the loaded model: grey, 0 to 1, (1, 1, 64, 64) to 68 pairs of shares of the side.
        entry: its entry in the manifest.
    """

    def __init__(self, session: InferenceSession, entry: ModelEntry) -> None:
        self._session = session
        self._input = entry.input_name
        self.model = entry.name

    def points(self, image: Image, detection: Detection) -> NDArray[np.float64]:
        """The 68 points in pixels of the image, (68, 2).

        The model needs an upright face: the crop is rotated by the detector's eyes, and again by
        the model's own eyes if those are far from level, because the detector is inaccurate for
        small, tilted faces.

        Raises:
            InvalidModel: the model's output differs from its manifest entry.
        """
        turn = _turn(detection.points.eye_left, detection.points.eye_right)
        points = self._points(image, detection, turn)
        found = _tilt(points)
        if abs(math.remainder(found - turn, math.tau)) < _LEVEL:
            return points
        return self._points(image, detection, found)

    def steadied(self, image: Image, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The points of a face, found again in crops placed by the points themselves.

        The position of the detector's box shifts the points, and a pose computed from them, by
        degrees. Two more passes, each placed by the previous one, remove most of this error.

        Args:
            points: the result of ``points``, (68, 2), in pixels of the image.

        Raises:
            InvalidModel: as for ``points``.
        """
        for _ in range(_STEADYING_PASSES):
            points = self._points_in(image, _square_about(points))
        return points

    def _points(self, image: Image, detection: Detection, turn: float) -> NDArray[np.float64]:
        box = detection.rectangle
        middle = (box.left + (box.width - 1) / 2, box.top + (box.height - 1) / 2)
        return self._points_in(image, _square(*middle, max(box.width, box.height), turn))

    def _points_in(self, image: Image, to_image: Similarity) -> NDArray[np.float64]:
        """One pass: the points found in a square crop, in pixels of the image."""
        crop = sample(image, to_image, CROP_SIDE).astype(np.float32)
        grey = np.matmul(crop, LUMA / 255, dtype=np.float32)
        (answer,) = self._session.run(None, {self._input: grey[np.newaxis, np.newaxis]})
        if answer.shape != (1, 2 * POINTS):
            raise InvalidModel(
                f"The model {self.model} returns {answer.shape[-1]} numbers per face, not"
                f" {2 * POINTS}. Build the models again with `make models`."
            )
        # A share of the side starts at the crop's edge, half a pixel before its first centre.
        shares = answer[0].astype(np.float64).reshape(POINTS, 2) * CROP_SIDE - 0.5
        x, y = shares[:, 0], shares[:, 1]
        return np.stack(
            [
                to_image.a * x - to_image.b * y + to_image.tx,
                to_image.b * x + to_image.a * y + to_image.ty,
            ],
            axis=1,
        )


def five_points(points: NDArray[np.float64]) -> FivePoints:
    """The five points for alignment from a face's 68 points, (68, 2)."""
    places = [points[list(_BETWEEN[name])].mean(axis=0) for name in _PUPILS]
    places += [points[_NAMED[name]] for name in ("nose_tip", "mouth_left", "mouth_right")]
    return FivePoints(*(Point(float(x), float(y)) for x, y in places))


def named_landmarks(points: NDArray[np.float64]) -> Landmarks:
    """Azure's 27 landmarks from a face's 68 points, (68, 2).

    Pupils, nose roots and the tops of the alae are not among the 68: the first are the centres of
    the eyes' outlines, the others lie between the points around them.
    """
    left_corner, right_corner = points[_INNER_CORNERS[0]], points[_INNER_CORNERS[1]]
    across = right_corner - left_corner
    middle = (left_corner + right_corner) / 2
    # Height is that of the eyes; horizontally the roots follow the bridge, which protrudes.
    middle = middle + across * float((points[_BRIDGE] - middle) @ across / (across @ across))
    roots = (middle - across * (_ROOT_SHARE / 2), middle + across * (_ROOT_SHARE / 2))
    alar_tops = [
        root + _ALAR_TOP_SHARE * (points[tip] - root)
        for root, tip in zip(roots, _ALAR_TIPS, strict=True)
    ]
    places: dict[str, NDArray[np.float64]] = {}
    places.update((name, points[index]) for name, index in _NAMED.items())
    places.update(
        (name, np.mean(points[list(around)], axis=0, dtype=np.float64))
        for name, around in _BETWEEN.items()
    )
    places["nose_root_left"], places["nose_root_right"] = roots
    places["nose_left_alar_top"], places["nose_right_alar_top"] = alar_tops
    return Landmarks(**{name: Point(float(x), float(y)) for name, (x, y) in places.items()})


def _turn(left: Point, right: Point) -> float:
    return math.atan2(right.y - left.y, right.x - left.x)


def _tilt(points: NDArray[np.float64]) -> float:
    left, right = (points[list(_BETWEEN[name])].mean(axis=0) for name in _PUPILS)
    return math.atan2(right[1] - left[1], right[0] - left[0])


def _square(x: float, y: float, side: float, turn: float) -> Similarity:
    """From crop pixels to the image's: a square around a point, rotated by an angle in radians."""
    scale = side / CROP_SIDE
    a, b = scale * math.cos(turn), scale * math.sin(turn)
    middle = (CROP_SIDE - 1) / 2
    return Similarity(a, b, x - a * middle + b * middle, y - b * middle - a * middle)


def _square_about(points: NDArray[np.float64]) -> Similarity:
    """The detector's square for a face with these points, upright."""
    middle = points.mean(axis=0)
    spread = math.sqrt(float(((points - middle) ** 2).sum(axis=1).mean()))
    turn = _tilt(points)
    up = _RISE * spread
    x, y = middle[0] + up * math.sin(turn), middle[1] - up * math.cos(turn)
    return _square(x, y, _SIDE * spread, turn)
