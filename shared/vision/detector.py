"""Detection: finds the faces of an image with YuNet, and the five points of each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from shared.domain import limits
from shared.domain.face.explanation import DetectionRule
from shared.domain.face.geometry import Point, Rectangle
from shared.domain.values import Detection, FivePoints
from shared.vision.candidates import (
    NO_CANDIDATES,
    OUTPUTS,
    OVERLAP_THRESHOLD,
    SCORE_THRESHOLD,
    STRIDES,
    Candidates,
    areas,
    decode,
    intersections,
    joined,
    without_overlaps,
)
from shared.vision.images import Image
from shared.vision.passes import SHRINKING_COST, blank, fitted_size, padded, pass_cost
from shared.vision.runtime.manifest import ModelEntry
from shared.vision.runtime.sessions import InferenceSession
from shared.vision.second_look import CERTAIN, FAINT, Row, View, doubtful_views, views

LEAST_FIRST_PASS_SIDE = 480
"""Least longest side of the first pass, in pixels. Smaller images are not enlarged, except for
tiny faces."""

FIRST_PASS_PIXELS = 1920 * 1080
"""Most pixels of the first pass."""

TINY_FACE_ENLARGEMENT = 2
"""Greatest enlargement of an image where faces smaller than SMALLEST_SEEN are requested."""

WORTH_SHRINKING = 1.2
"""How many times longer than the first pass an image may be without being reduced: from 1000 to
800 pixels, resizing takes 4 ms and saves 5 ms of the network."""

SMALLEST_SEEN = 24
"""Width in pixels that the smallest reported face must have in the first pass. Of 83 faces, 36 px
wide in 1920 by 1080, 74 are found at 18 px, 82 at 24 px and 83 at 36 px, at 15, 28 and 65 ms. Of
145 others of 36 px in 1000 by 664, 140 are found at 24 px and 142 as they are, at 11 and 23 ms."""

SECOND_PASS_SIDE = 320
LARGE_FACE = 450
"""Height in pixels from which a face is better detected in a reduced image. Measured on 83 faces
that fill the image: scores fall from 450 px on, from 700 px on faces are missed and parts of them
reported."""

_ENLARGING = PIL.Image.Resampling.BILINEAR

FACE_RATIO = 1.4
"""Height of a face's box divided by its width, roughly."""

PART_OF_LARGE_FACE = 0.8
"""Share of a first-pass box inside a large face from which it counts as a part of that face."""


_LEAST_EXPLAINED = 0.3
"""Least score of a candidate that is listed as rejected: half of what a face needs."""


class Detector:
    """Finds faces from 36 pixels to the whole image. Safe to use from several threads.

    Args:
        session: YuNet, loaded.
        entry: its entry in the manifest.
        minimum_face: smallest longer side of a face that is reported, in pixels of an image of up
            to 1920 by 1080 = 2.07 million pixels; in larger images it grows with the root of
            their area, so that strips and panoramas keep their faces.
        maximum_faces: maximum number of reported faces; the largest are reported.
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
        """The faces of an image, largest first; rectangles lie inside the image.

        If the first look finds none but has a faint candidate, other views of the image are tried;
        if it finds some but none that is certain, turned views are (see ``second_look``).
        Rectangles and points are always in pixels of the image.
        """
        found = self._look(image)
        detections = self._reported(image, found)
        if not FAINT <= found.strongest < CERTAIN:
            return detections
        other_views = doubtful_views if detections else views
        tried = other_views(image.width, image.height, found.strongest, self._first_cost(image))
        if not tried:
            return detections
        return self._reported(image, self._second_look(image, tried)) or detections

    def first_look(self, image: Image) -> tuple[Detection, ...]:
        """Like ``detect``, without a second look; for measurements."""
        return self._reported(image, self._look(image))

    def smallest_face(self, image: Image) -> int:
        """The least longer side of a face that is reported, in pixels of the image."""
        return math.ceil(self._smallest(image))

    def rejected(
        self, image: Image, reported: Sequence[Detection]
    ) -> tuple[tuple[Detection, DetectionRule], ...]:
        """The candidates of the first look that ``detect`` does not report, best first.

        Candidates with a score of 0.3 or more are listed, unless they overlap with a reported face
        or a better candidate.
        """
        found = without_overlaps(self._look(image, threshold=_LEAST_EXPLAINED))
        faces = np.array([_edges(one.rectangle) for one in reported], np.float32).reshape(-1, 4)
        shared = intersections(found.boxes, faces)
        unions = areas(found.boxes)[:, np.newaxis] + areas(faces) - shared
        rest = found.take(np.flatnonzero(~(shared > OVERLAP_THRESHOLD * unions).any(axis=1)))
        return tuple(
            (_detection(image, *candidate), self._rule(image, candidate, len(reported)))
            for candidate in zip(rest.boxes, rest.points, rest.scores, strict=True)
        )

    def _rule(
        self,
        image: Image,
        candidate: tuple[NDArray[np.float32], NDArray[np.float32], np.float32],
        reported: int,
    ) -> DetectionRule:
        box, _, score = candidate
        if score < SCORE_THRESHOLD:
            return DetectionRule.SCORE
        if max(box[2] - box[0], box[3] - box[1]) < self._smallest(image):
            return DetectionRule.SIZE
        return DetectionRule.COUNT if reported >= self._maximum_faces else DetectionRule.VIEW

    def _reported(self, image: Image, found: Candidates) -> tuple[Detection, ...]:
        """The candidates that do not overlap and are large enough."""
        found = without_overlaps(found)
        detections = [
            _detection(image, box, points, score)
            for box, points, score in zip(found.boxes, found.points, found.scores, strict=True)
        ]
        smallest = self._smallest(image)
        large = [
            face
            for face in detections
            if face.rectangle.area > 0
            and max(face.rectangle.width, face.rectangle.height) >= smallest
        ]
        large.sort(key=lambda face: (-face.rectangle.area, -face.score))
        return tuple(large[: self._maximum_faces])

    def _look(self, image: Image, threshold: float = SCORE_THRESHOLD) -> Candidates:
        """The candidates of one pass or, if the image has room for a large face, of two."""
        first, *second = self._first_sides(image)
        pixels = _fitted(image.pixels, first)
        found = self._one_pass(image, pixels, threshold)
        if not second:
            return found
        smaller = self._one_pass(image, _fitted(pixels, second[0]), SCORE_THRESHOLD)
        reduction = first / max(image.width, image.height)
        heights = (smaller.boxes[:, 3] - smaller.boxes[:, 1]) * reduction
        large = smaller.take(np.flatnonzero(heights >= LARGE_FACE))
        inside = intersections(found.boxes, large.boxes) / areas(found.boxes)[:, np.newaxis]
        parts = (inside >= PART_OF_LARGE_FACE).any(axis=1)
        return joined([found.take(np.flatnonzero(~parts)), large])

    def _first_sides(self, image: Image) -> tuple[int, ...]:
        """The longest sides of the image in the passes of the first look, one or two."""
        longest = max(image.width, image.height)
        side = self._first_pass_side(image)
        if side < longest <= side * WORTH_SHRINKING:
            side = longest
        if side / longest * min(image.height, image.width * FACE_RATIO) < LARGE_FACE:
            return (side,)
        return side, SECOND_PASS_SIDE

    def _first_cost(self, image: Image) -> float:
        """What the first look costs; see ``passes``."""
        width, height, cost = image.width, image.height, 0.0
        for side in self._first_sides(image):
            if side < max(width, height):
                cost += SHRINKING_COST * width * height
            width, height = fitted_size(width, height, side)
            cost += pass_cost(width, height)
        return cost

    def _second_look(self, image: Image, tried: Sequence[Row]) -> Candidates:
        """The candidates of the view with the best score, in pixels of the image."""
        view, best = View(), NO_CANDIDATES
        for row in tried:
            for seen, found in self._row(image, row):
                if found.best_score > best.best_score:
                    view, best = seen, found
        if view.quarters == 0:
            return best
        turned = Image(np.ascontiguousarray(np.rot90(image.pixels, view.quarters)))
        whole = self._look(turned).turned_back(view.quarters, image.width, image.height)
        return whole if self._reported(image, whole) else best

    def _row(self, image: Image, row: Row) -> list[tuple[View, Candidates]]:
        """The candidates of views in one pass that reach their threshold and the minimum size.

        A candidate belongs to the view in which its centre lies.
        """
        found = self._run(row.shown(image.pixels), row.threshold)
        if not len(found.scores):
            return []
        starts = row.starts(image.width, image.height)
        owners = np.searchsorted(starts, found.centres[:, 0], side="right") - 1
        parts = [found.take(np.flatnonzero(owners == tile)) for tile in range(len(row.views))]
        return [
            (view, self._in_image(image, row, view, part.moved_left(start)))
            for view, part, start in zip(row.views, parts, starts, strict=False)
        ]

    def _in_image(self, image: Image, row: Row, view: View, found: Candidates) -> Candidates:
        """The candidates of one view that count, in pixels of the image."""
        width, height = row.size(image.width, image.height)
        found = found.turned_back(view.quarters, width, height)
        if view.mirrored:
            found = found.mirrored(width)
        found = found.scaled(image.width / width, image.height / height)
        large = found.longer_sides >= self._smallest(image)
        return found.take(np.flatnonzero(large & (found.scores >= view.threshold)))

    def _smallest(self, image: Image) -> float:
        """The least longer side of a face that is reported, in pixels of the image."""
        return self._minimum_face * _enlargement(image)

    def _first_pass_side(self, image: Image) -> int:
        """The least longest side of the first pass that shows the smallest face well enough.

        A narrow image is padded to the network's least side, which counts.
        """
        longest = max(image.width, image.height)
        thin = FIRST_PASS_PIXELS / padded(1)
        greatest = min(thin, longest * math.sqrt(FIRST_PASS_PIXELS / (image.width * image.height)))
        wanted = math.ceil(longest * SMALLEST_SEEN / max(1.0, self._smallest(image)))
        tiny = self._minimum_face < SMALLEST_SEEN
        largest = longest * TINY_FACE_ENLARGEMENT if tiny else longest
        return max(1, min(largest, round(greatest), max(LEAST_FIRST_PASS_SIDE, wanted)))

    def _one_pass(
        self, image: Image, pixels: NDArray[np.uint8], threshold: float = SCORE_THRESHOLD
    ) -> Candidates:
        """The candidates in the image's pixels, shown at their own or another size."""
        height, width = pixels.shape[:2]
        shown = blank(width, height)
        shown[0, :, :height, :width] = pixels[:, :, ::-1].transpose(2, 0, 1)
        return self._run(shown, threshold).scaled(image.width / width, image.height / height)

    def _run(self, shown: NDArray[np.float32], threshold: float) -> Candidates:
        """Run the network; candidates are in pixels of what it is shown, (1, 3, height, width)."""
        answers = dict(zip(OUTPUTS, self._session.run(OUTPUTS, {self._input: shown}), strict=True))
        return joined(
            [decode(answers, stride, shown.shape[3] // stride, threshold) for stride in STRIDES]
        )


def _edges(rectangle: Rectangle) -> tuple[int, int, int, int]:
    return rectangle.left, rectangle.top, rectangle.right, rectangle.bottom


def _enlargement(image: Image) -> float:
    """The square root of an image's area in units of 1920 by 1080 pixels; at least 1."""
    longest, shortest = limits.MINIMUM_FACE_PIXELS_AT
    return max(1.0, math.sqrt(image.width * image.height / (longest * shortest)))


def _fitted(pixels: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    """The same image at another size."""
    height, width = pixels.shape[:2]
    longest = max(width, height)
    if longest == longest_side:
        return pixels
    # Bilinear resampling takes 1.5 times as long and finds no more faces.
    filtering = PIL.Image.Resampling.BOX if longest_side < longest else _ENLARGING
    size = fitted_size(width, height, longest_side)
    return np.asarray(PIL.Image.fromarray(pixels).resize(size, filtering, reducing_gap=2.0))


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
