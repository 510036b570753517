"""Face candidates decoded from YuNet's outputs, and geometry on many boxes at once.

Wu, Peng, Yu, "YuNet: a tiny millisecond-level face detector", 2023; decoded as OpenCV's
face_detect.cpp does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox", "kps"))
SCORE_THRESHOLD = 0.6
OVERLAP_THRESHOLD = 0.3

_MIRRORED_POINTS = np.array([1, 0, 2, 4, 3])
"""The points' order after left and right are exchanged."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """n candidates, in pixels of one image.

    Attributes:
        boxes: float32, (n, 4): left, top, right, bottom.
        points: float32, (n, 5, 2): eyes, nose tip, mouth corners.
        scores: float32, (n,), from the score threshold to 1.
        strongest: the best score of any cell of the network, 0 to 1; it may be below the score
            threshold.
    """

    boxes: NDArray[np.float32]
    points: NDArray[np.float32]
    scores: NDArray[np.float32]
    strongest: float

    def take(self, rows: NDArray[np.intp]) -> Candidates:
        """The candidates of some rows."""
        return Candidates(self.boxes[rows], self.points[rows], self.scores[rows], self.strongest)

    def scaled(self, across: float, down: float) -> Candidates:
        """The same candidates in the image scaled by two factors."""
        scale = np.array([across, down], np.float32)
        return Candidates(
            self.boxes * np.tile(scale, 2), self.points * scale, self.scores, self.strongest
        )

    def moved_left(self, distance: float) -> Candidates:
        """The same candidates, moved to the left by a number of pixels."""
        shift = np.array([distance, 0], np.float32)
        return Candidates(
            self.boxes - np.tile(shift, 2), self.points - shift, self.scores, self.strongest
        )

    def mirrored(self, width: int) -> Candidates:
        """The same candidates in the mirrored image.

        Args:
            width: of the image, in pixels.
        """
        boxes = self.boxes.copy()
        boxes[:, [0, 2]] = width - self.boxes[:, [2, 0]]
        points = self.points[:, _MIRRORED_POINTS]
        # Edges run from 0 to the width, points from the first pixel's centre to the last's.
        points[:, :, 0] = width - 1 - points[:, :, 0]
        return Candidates(boxes, points, self.scores, self.strongest)

    def turned_back(self, quarters: int, width: int, height: int) -> Candidates:
        """The same candidates in the image before it was turned.

        Args:
            quarters: counter-clockwise quarter turns, as numpy.rot90 makes them.
            width: of the image before the turns, in pixels.
            height: of the image before the turns, in pixels.
        """
        corners = self.boxes.reshape(-1, 2, 2)
        edges = _turned_back(corners, quarters, float(width), float(height))
        boxes = np.concatenate([edges.min(axis=1), edges.max(axis=1)], axis=1)
        points = _turned_back(self.points, quarters, width - 1.0, height - 1.0)
        return Candidates(boxes, points, self.scores, self.strongest)

    @property
    def centres(self) -> NDArray[np.float32]:
        """The centre of each box, in pixels, (n, 2)."""
        middles: NDArray[np.float32] = (self.boxes[:, :2] + self.boxes[:, 2:]) * np.float32(0.5)
        return middles

    @property
    def longer_sides(self) -> NDArray[np.float32]:
        """The longer side of each box, in pixels, (n,)."""
        sides: NDArray[np.float32] = (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1, initial=0)
        return sides

    @property
    def best_score(self) -> float:
        """The greatest score; 0 where there is no candidate."""
        return float(self.scores.max(initial=0.0))


NO_CANDIDATES = Candidates(
    np.empty((0, 4), np.float32), np.empty((0, 5, 2), np.float32), np.empty(0, np.float32), 0.0
)


def decode(
    answers: Mapping[str, NDArray[np.float32]],
    stride: int,
    columns: int,
    threshold: float = SCORE_THRESHOLD,
) -> Candidates:
    """The candidates that one stride's cells report, in pixels of the network's input.

    Args:
        answers: the network's outputs by name.
        stride: pixels of a cell.
        columns: cells in a row.
        threshold: minimum score of a candidate.
    """
    classes = answers[f"cls_{stride}"][0, :, 0].clip(0, 1)
    objects = answers[f"obj_{stride}"][0, :, 0].clip(0, 1)
    scores = np.sqrt(classes * objects)
    cells = np.flatnonzero(scores >= threshold)
    corner = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
    box = answers[f"bbox_{stride}"][0, cells]
    centre = (corner + box[:, :2]) * stride
    half = np.exp(box[:, 2:]) * (stride / 2)
    points = answers[f"kps_{stride}"][0, cells].reshape(-1, 5, 2)
    return Candidates(
        np.concatenate([centre - half, centre + half], axis=1),
        (corner[:, np.newaxis] + points) * stride,
        scores[cells],
        float(scores.max(initial=0.0)),
    )


def joined(parts: Sequence[Candidates]) -> Candidates:
    """The candidates of several parts of one image, or of several passes over it."""
    return Candidates(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.scores for part in parts]),
        max(part.strongest for part in parts),
    )


def areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The areas, (n,), of boxes, (n, 4), in square pixels."""
    sizes: NDArray[np.float32] = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return sizes


def intersections(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """The shared area, (n, m), of each box, (n, 4), with each of the others, (m, 4)."""
    top_left = np.maximum(boxes[:, np.newaxis, :2], others[np.newaxis, :, :2])
    bottom_right = np.minimum(boxes[:, np.newaxis, 2:], others[np.newaxis, :, 2:])
    shared: NDArray[np.float32] = (bottom_right - top_left).clip(0).prod(axis=2)
    return shared


def without_overlaps(found: Candidates) -> Candidates:
    """Non-maximum suppression: the best of boxes that overlap, in descending order of score."""
    sizes = areas(found.boxes)
    rest = np.argsort(-found.scores, kind="stable")
    kept: list[np.intp] = []
    while rest.size:
        best, rest = rest[0], rest[1:]
        kept.append(best)
        shared = intersections(found.boxes[rest], found.boxes[best : best + 1])[:, 0]
        rest = rest[shared <= OVERLAP_THRESHOLD * (sizes[best] + sizes[rest] - shared)]
    return found.take(np.array(kept, np.intp))


def _turned_back(
    places: NDArray[np.float32], quarters: int, width: float, height: float
) -> NDArray[np.float32]:
    """Places, (…, 2), of an image turned counter-clockwise, in the image before the turns."""
    x, y = places[..., 0], places[..., 1]
    turned = {0: (x, y), 1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}
    return np.stack(turned[quarters % 4], axis=-1).astype(np.float32)
