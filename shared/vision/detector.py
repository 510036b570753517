"""Detection: YuNet finds the faces and the five points of each.

Wu, Peng, Yu, "YuNet: a tiny millisecond-level face detector", 2023; decoded as OpenCV's
face_detect.cpp does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from shared.domain import limits
from shared.domain.face.geometry import Point, Rectangle
from shared.domain.values import Detection, FivePoints
from shared.vision.images import Image
from shared.vision.runtime.manifest import ModelEntry
from shared.vision.runtime.sessions import InferenceSession

STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox", "kps"))
SCORE_THRESHOLD = 0.6
OVERLAP_THRESHOLD = 0.3

FIRST_PASS_SIDES = (480, 1920)
"""Least and greatest longest side of the first pass. Smaller pictures are not enlarged, save for
tiny faces."""

TINY_FACE_ENLARGEMENT = 2
"""How far a picture is enlarged at most where faces below SMALLEST_SEEN are wanted."""

WORTH_SHRINKING = 1.2
"""How many times longer than the first pass a picture may be and is still looked at as it is: from
1000 to 800 pixels, resizing takes 4 ms and the network then saves 5."""

SMALLEST_SEEN = 24
"""Width in pixels that the smallest reported face must have in the first pass. Of 83 faces, 36 px
wide in 1920 by 1080, 74 are found at 18 px, 82 at 24 px and 83 at 36 px, at 15, 28 and 65 ms. Of
145 others of 36 px in 1000 by 664, 140 are found at 24 px and 142 as they are, at 11 and 23 ms."""

SECOND_PASS_SIDE = 320
LARGE_FACE = 450
"""Height in pixels from which a face is better seen smaller. Measured on 83 faces that fill the
picture: scores fall from 450 px on, from 700 px on faces are missed and parts of them reported."""

_ENLARGING = PIL.Image.Resampling.BILINEAR

FACE_RATIO = 1.4
"""A face's box is about so many times as high as it is wide."""

PART_OF_LARGE_FACE = 0.8
"""Share of a first-pass box inside a large face from which it is a part of that face."""


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Raw detections of n faces, in pixels of the picture.

    Attributes:
        boxes: float32, (n, 4): left, top, right, bottom.
        points: float32, (n, 5, 2).
        scores: float32, (n,).
    """

    boxes: NDArray[np.float32]
    points: NDArray[np.float32]
    scores: NDArray[np.float32]

    def take(self, rows: NDArray[np.intp]) -> _Found:
        return _Found(self.boxes[rows], self.points[rows], self.scores[rows])


class Detector:
    """Finds faces from 36 pixels to the whole picture.

    Args:
        session: YuNet, loaded.
        entry: its entry in the manifest.
        minimum_face: smallest longer side of a face that is reported, in pixels of a picture up
            to 1920 by 1080; it grows in proportion in larger pictures.
        maximum_faces: at most so many are reported, the largest.
    """

    def __init__(
        self,
        session: InferenceSession,
        entry: ModelEntry,
        *,
        minimum_face: int = limits.MINIMUM_FACE_PIXELS,
        maximum_faces: int = limits.MAXIMUM_FACES_PER_IMAGE,
    ) -> None:
        self._session = session
        self._input = entry.input_name
        self._minimum_face = minimum_face
        self._maximum_faces = maximum_faces
        self.model = entry.name

    def detect(self, image: Image) -> tuple[Detection, ...]:
        """The faces of a picture, largest first; rectangles lie inside the picture."""
        found = self._found(image)
        found = found.take(_without_overlaps(found))
        detections = [
            _detection(image, box, points, score)
            for box, points, score in zip(found.boxes, found.points, found.scores, strict=True)
        ]
        smallest = self._minimum_face * _enlargement(image)
        large = [
            face
            for face in detections
            if face.rectangle.area > 0
            and max(face.rectangle.width, face.rectangle.height) >= smallest
        ]
        large.sort(key=lambda face: (-face.rectangle.area, -face.score))
        return tuple(large[: self._maximum_faces])

    def _found(self, image: Image) -> _Found:
        """What one pass sees, or two where the picture has room for a large face."""
        longest = max(image.width, image.height)
        side = self._first_pass_side(image)
        if side < longest <= side * WORTH_SHRINKING:
            side = longest
        pixels = _fitted(image.pixels, side)
        found = self._one_pass(image, pixels)
        reduction = side / longest
        if reduction * min(image.height, image.width * FACE_RATIO) < LARGE_FACE:
            return found
        smaller = self._one_pass(image, _fitted(pixels, SECOND_PASS_SIDE))
        heights = (smaller.boxes[:, 3] - smaller.boxes[:, 1]) * reduction
        large = smaller.take(np.flatnonzero(heights >= LARGE_FACE))
        inside = _intersections(found.boxes, large.boxes) / _areas(found.boxes)[:, np.newaxis]
        parts = (inside >= PART_OF_LARGE_FACE).any(axis=1)
        return _joined([found.take(np.flatnonzero(~parts)), large])

    def _first_pass_side(self, image: Image) -> int:
        """The smallest longest side that still shows the smallest face well enough."""
        longest = max(image.width, image.height)
        least, greatest = FIRST_PASS_SIDES
        smallest = max(1.0, self._minimum_face * _enlargement(image))
        wanted = math.ceil(longest * SMALLEST_SEEN / smallest)
        tiny = self._minimum_face < SMALLEST_SEEN
        largest = longest * TINY_FACE_ENLARGEMENT if tiny else longest
        return min(largest, greatest, max(least, wanted))

    def _one_pass(self, image: Image, pixels: NDArray[np.uint8]) -> _Found:
        """Run the network on the picture's pixels, made smaller or not."""
        height, width = pixels.shape[:2]
        step = STRIDES[-1]
        padded = np.zeros(
            (1, 3, math.ceil(height / step) * step, math.ceil(width / step) * step), np.float32
        )
        padded[0, :, :height, :width] = pixels[:, :, ::-1].transpose(2, 0, 1)
        answers = dict(zip(OUTPUTS, self._session.run(OUTPUTS, {self._input: padded}), strict=True))
        found = _joined(
            [_decoded(answers, stride, padded.shape[3] // stride) for stride in STRIDES]
        )
        scale = np.array([image.width / width, image.height / height], np.float32)
        return _Found(found.boxes * np.tile(scale, 2), found.points * scale, found.scores)


def _enlargement(image: Image) -> float:
    """How far a picture exceeds 1920 by 1080, whichever way it lies; at least 1."""
    longest, shortest = limits.MINIMUM_FACE_PIXELS_AT
    return max(
        1.0,
        max(image.width, image.height) / longest,
        min(image.width, image.height) / shortest,
    )


def _fitted(pixels: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    """The same picture at another size."""
    height, width = pixels.shape[:2]
    longest = max(width, height)
    if longest == longest_side:
        return pixels
    size = (
        max(1, round(width * longest_side / longest)),
        max(1, round(height * longest_side / longest)),
    )
    # Bilinear resampling takes half as long again, and no more faces are found by it.
    filtering = PIL.Image.Resampling.BOX if longest_side < longest else _ENLARGING
    return np.asarray(PIL.Image.fromarray(pixels).resize(size, filtering, reducing_gap=2.0))


def _decoded(answers: dict[str, NDArray[np.float32]], stride: int, columns: int) -> _Found:
    """The faces that one stride's cells report with enough confidence."""
    classes = answers[f"cls_{stride}"][0, :, 0].clip(0, 1)
    objects = answers[f"obj_{stride}"][0, :, 0].clip(0, 1)
    scores = np.sqrt(classes * objects)
    cells = np.flatnonzero(scores >= SCORE_THRESHOLD)
    corner = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
    box = answers[f"bbox_{stride}"][0, cells]
    centre = (corner + box[:, :2]) * stride
    half = np.exp(box[:, 2:]) * (stride / 2)
    points = answers[f"kps_{stride}"][0, cells].reshape(-1, 5, 2)
    return _Found(
        np.concatenate([centre - half, centre + half], axis=1),
        (corner[:, np.newaxis] + points) * stride,
        scores[cells],
    )


def _joined(parts: list[_Found]) -> _Found:
    return _Found(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    areas: NDArray[np.float32] = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas


def _intersections(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shared area of each box, (n, 4), with each other one, (m, 4): (n, m)."""
    top_left = np.maximum(boxes[:, np.newaxis, :2], others[np.newaxis, :, :2])
    bottom_right = np.minimum(boxes[:, np.newaxis, 2:], others[np.newaxis, :, 2:])
    shared: NDArray[np.float32] = (bottom_right - top_left).clip(0).prod(axis=2)
    return shared


def _without_overlaps(found: _Found) -> NDArray[np.intp]:
    """Non-maximum suppression: of boxes that overlap, the surest; in falling order of score."""
    areas = _areas(found.boxes)
    rest = np.argsort(-found.scores, kind="stable")
    kept: list[np.intp] = []
    while rest.size:
        best, rest = rest[0], rest[1:]
        kept.append(best)
        shared = _intersections(found.boxes[rest], found.boxes[best : best + 1])[:, 0]
        rest = rest[shared <= OVERLAP_THRESHOLD * (areas[best] + areas[rest] - shared)]
    return np.array(kept, np.intp)


def _detection(
    image: Image, box: NDArray[np.float32], points: NDArray[np.float32], score: np.float32
) -> Detection:
    left, right = (min(max(round(float(x)), 0), image.width) for x in (box[0], box[2]))
    top, bottom = (min(max(round(float(y)), 0), image.height) for y in (box[1], box[3]))
    return Detection(
        Rectangle(left, top, right - left, bottom - top),
        FivePoints(*(Point(float(x), float(y)) for x, y in points)),
        float(score),
    )
