"""The second look: other views of an image in which the first look found no face.

YuNet misses masked faces that fill a small image, masked faces of several hundred pixels, and faces
that are turned by 90 degrees. Enlarged, reduced, mirrored or turned, most of them are found: with
these views, 402 of 431 masked images have a face that is large enough to be reported, compared with
371 with the first look alone; of 258 turned images, 257 compared with 174. All views of an image
without a face cost at most 1.5 times its first look. Which views are tried, and from which score,
was chosen on these images and on 1,240 patches without a face.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from shared.vision.candidates import SCORE_THRESHOLD, STRIDES
from shared.vision.passes import (
    ENLARGING_COST,
    FIXED_COST,
    REDUCTION_COST,
    blank,
    fitted_size,
    padded,
    pass_cost,
)

FAINT = 0.1
"""Best score of the first look below which there is no second look. Of 144 missed faces (60 masked,
84 turned), 141 have a cell with a higher score."""

_FAINT_UPRIGHT = 0.15
"""The same for the upright views."""

CERTAIN = 0.9
"""Score from which a face is certainly upright. YuNet also finds faces that are turned by 90 or 180
degrees, with five points that are wrong; then a turned view scores 0.9, and at least 0.02 more. Of
196 turned portraits found by the first look, 192 do so in the right view; of 525 upright faces
without a mask and 371 with one, 0 and 1 do. Only 6 of those 525 score below 0.9 and cost the turned
views."""

_GAIN = 0.02

_TURNED_THRESHOLD = 0.75
"""Turned views need a higher score: a turned face rarely scores 0.75 in a wrong view, and none of
237 images without a face does."""

_MIRRORED_THRESHOLD = 0.45
"""Mirrored views need a lower score, since the first look has a faint candidate too. With 0.6, 396
masked faces are found instead of 402, and fewer patches of background show a face."""

BUDGET = 1.38
"""Cost of all views relative to the first look's; the rest of 1.5 is for what a look at other sizes
costs besides its pixels."""

_LARGER = 181
_LARGER_BUDGET = 1.1
"""The same from this longest side on, in pixels, where rows cost up to a third more than their
pixels do. With 1.38 no more masked or turned faces are found, and two patches more show a face."""

_SMALL = 128
_GREATEST_ENLARGEMENT = 4
"""Images below this longest side, in pixels, are enlarged, at most four times."""

_TURNED_SIDES = (128, 96, 64)
_DOUBTFUL_BUDGET = 4.0
_DOUBTFUL_SIDES = (160, 128, 96, 64)


_ENLARGING = PIL.Image.Resampling.BILINEAR
_MIRRORING = PIL.Image.Transpose.FLIP_LEFT_RIGHT
_TURNS = (
    PIL.Image.Transpose.ROTATE_90,
    PIL.Image.Transpose.ROTATE_180,
    PIL.Image.Transpose.ROTATE_270,
)
"""By counter-clockwise quarters, from one; much faster than copies of turned arrays."""


@dataclass(frozen=True, slots=True)
class View:
    """One way to show an image to the detector.

    Attributes:
        quarters: counter-clockwise quarter turns.
        mirrored: left and right exchanged, before the turns. The mirrored image is as good as the
            image itself, and the errors of the two differ.
        threshold: least score of a face in this view.
    """

    quarters: int = 0
    mirrored: bool = False
    threshold: float = SCORE_THRESHOLD

    def of(self, image: PIL.Image.Image) -> PIL.Image.Image:
        """An image in this view."""
        if self.mirrored:
            image = image.transpose(_MIRRORING)
        return image.transpose(_TURNS[self.quarters - 1]) if self.quarters else image


_UPRIGHT = View()
_MIRRORED = View(mirrored=True, threshold=_MIRRORED_THRESHOLD)


@dataclass(frozen=True, slots=True)
class Row:
    """Views that one pass shows side by side, because each pass has a fixed cost.

    Attributes:
        views: at least one.
        reduction: the factor by which the image is reduced; sizes are rounded up.
        side: the longest side that the image is enlarged to instead, in pixels; 0 if it is not.
    """

    views: tuple[View, ...]
    reduction: int = 1
    side: int = 0

    @property
    def threshold(self) -> float:
        """Least score of a face in any of the views."""
        return min(view.threshold for view in self.views)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of an image of some size in this row before it is turned, in pixels."""
        if self.side:
            return fitted_size(width, height, self.side)
        return -(-width // self.reduction), -(-height // self.reduction)

    def sizes(self, width: int, height: int) -> list[tuple[int, int]]:
        """Width and height of such an image in each view, in pixels."""
        size = self.size(width, height)
        return [size[::-1] if view.quarters % 2 else size for view in self.views]

    def starts(self, width: int, height: int) -> list[int]:
        """The column in which each view of such an image begins, and the one after the last."""
        sizes = self.sizes(width, height)
        return list(itertools.accumulate((padded(one) for one, _ in sizes), initial=0))

    def shown(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The network's input for an image, (1, 3, height, width).

        Args:
            pixels: of the image, (height, width, 3).
        """
        image = PIL.Image.fromarray(pixels)
        starts = self.starts(image.width, image.height)
        shown = blank(starts[-1], max(one for _, one in self.sizes(image.width, image.height)))
        if self.side:
            image = image.resize(self.size(image.width, image.height), _ENLARGING)
        elif self.reduction > 1:
            image = image.reduce(self.reduction)
        for view, start in zip(self.views, starts, strict=False):
            seen = np.asarray(view.of(image))
            height, width = seen.shape[:2]
            shown[0, :, :height, start : start + width] = seen[:, :, ::-1].transpose(2, 0, 1)
        return shown

    def cost(self, width: int, height: int) -> float:
        """The cost of showing such an image in this row; see ``passes``."""
        sizes = self.sizes(width, height)
        shown = pass_cost(sum(padded(one) for one, _ in sizes), max(one for _, one in sizes))
        across, down = self.size(width, height)
        made = ENLARGING_COST * across * down if self.side else REDUCTION_COST * width * height
        return shown + made


def views(width: int, height: int, score: float, first_look: float) -> tuple[Row, ...]:
    """The views of an image in which the first look found no face.

    Small images are enlarged. Larger ones are reduced, since masked faces of several hundred
    pixels are found when shown smaller, and turned. Views that exceed the budget are left out.

    Args:
        width, height: of the image, in pixels.
        score: the best score of the first look, FAINT or more.
        first_look: its cost; see ``passes``.
    """
    longest = max(width, height)
    budget = (BUDGET if longest < _LARGER else _LARGER_BUDGET) * first_look
    plan = _Plan(width, height, budget)
    turned = _turns()
    if score < _FAINT_UPRIGHT:
        plan.add_first(_reduced(turned, longest, _TURNED_SIDES))
    elif longest < _SMALL:
        side = _enlarged_side(width, height, budget)
        plan.add_first([Row((_MIRRORED,), side=side)])
    else:
        plan.add_first(_reduced((_MIRRORED, *turned), longest, _TURNED_SIDES))
        for view, side in ((_MIRRORED, 300), (_MIRRORED, 256), (_UPRIGHT, 160), (_MIRRORED, 200)):
            plan.add_first(_reduced((view,), longest, (side,)))
    return tuple(plan.rows)


def doubtful_views(width: int, height: int, score: float, first_look: float) -> tuple[Row, ...]:
    """The turned views that may replace the faces of a first look whose best is below CERTAIN.

    These may cost more, since only faces shown large enough score as certain.
    """
    plan = _Plan(width, height, _DOUBTFUL_BUDGET * first_look)
    turned = _turns(max(CERTAIN, score + _GAIN))
    plan.add_first(_reduced(turned, max(width, height), _DOUBTFUL_SIDES))
    return tuple(plan.rows)


class _Plan:
    """The rows that fit in a budget."""

    def __init__(self, width: int, height: int, budget: float) -> None:
        self._width, self._height = width, height
        self._left = budget
        self.rows: list[Row] = []

    def add_first(self, rows: Iterable[Row]) -> None:
        """Add the first of some rows that fits, unless it is included already."""
        for row in rows:
            cost = row.cost(self._width, self._height)
            if cost <= self._left:
                if row not in self.rows:
                    self._left -= cost
                    self.rows.append(row)
                return


def _enlarged_side(width: int, height: int, budget: float) -> int:
    """The greatest longest side, in pixels, that an image may be enlarged to in one view."""
    longest, shortest = max(width, height), min(width, height)
    room = int((budget - FIXED_COST) / (1 + ENLARGING_COST))
    step, greatest = STRIDES[-1], _GREATEST_ENLARGEMENT * longest
    sides = [longest]
    for longer in range(step, padded(greatest) + 1, step):
        shorter = room // longer // step * step
        sides.append(min(longer, shorter * longest // shortest))
    return min(greatest, max(sides))


def _turns(threshold: float = _TURNED_THRESHOLD) -> tuple[View, ...]:
    """A quarter, a half and three quarters."""
    return tuple(View(quarters, threshold=threshold) for quarters in (1, 2, 3))


def _reduced(shown: tuple[View, ...], longest: int, sides: Iterable[int]) -> Iterable[Row]:
    """For each of some sides, a row in which the longest side of an image is at most that side."""
    return (Row(shown, reduction=-(-longest // side)) for side in sides)
