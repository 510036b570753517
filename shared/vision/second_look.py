"""The second look: other views of an image in which the first look found no face.

YuNet misses masked faces that fill a small image, masked faces of several hundred pixels, and
faces that lie on their side. Enlarged, reduced or turned, most of them are found: with these views
403 of 431 masked images have a face that is large enough to be reported, 371 with the first look
alone; 257 of 258 turned images instead of 174. Which views are tried, and from which score, was
chosen on these images and on 1,220 patches without a face, so that about one in 20 of these costs
more than 2.5 times what it does without a second look; in the mean it is 1.4 times.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.vision.candidates import SCORE_THRESHOLD

FAINT = 0.1
"""Best score in the first look below which there is no second one. Of 144 missed faces (60 masked,
84 turned) 141 score more somewhere."""

_FAINT_UPRIGHT = 0.2
"""The same for the upright views, which cost the most, and for images that are so small that the
turned views cost more than the first look did: of 1,220 patches without a face 7 in 100 score more,
of the missed faces 131."""

_LESS_FAINT = 0.25
"""The same for showing a small image twice as large, which costs the most of all views, and for
larger turned views: 4 in 100 patches score more."""

CERTAIN = 0.9
"""Score of an upright face. YuNet also finds faces on their side or upside down, with five points
that are wrong; then a turned view scores 0.9 and at least 0.02 more. Of 196 turned portraits found
by the first look, 192 do so in the right view; of 525 upright faces without a mask and 371 with
one, 0 and 1 do. Only 6 of those 525 score below 0.9 and cost the turned views."""

_GAIN = 0.02

_TURNED_THRESHOLD = 0.75
"""Turned views need more: a face on its side rarely scores 0.75 the wrong way up, and of 237
images without a face none does."""

_FAINT_TURNED_SIDE = 96
_TURNED_SIDE = 128
_CHEAPLY_TURNED = 181
_DOUBTFUL_SIDE = 160
_REDUCED_SIDE = 160
_STANDARD_SIDE = 256
_GREATEST_ENLARGED = 480
_TINY = 128
_SMALL = 300
"""Longest sides, in pixels."""


@dataclass(frozen=True, slots=True)
class View:
    """One way to show an image to the detector.

    Attributes:
        side: the longest side that the image is scaled to, in pixels.
        quarters: counter-clockwise quarter turns.
        threshold: least score of a face in this view.
    """

    side: int
    quarters: int = 0
    threshold: float = SCORE_THRESHOLD


def views(longest_side: int, score: float) -> tuple[View, ...]:
    """The views of an image in which the first look found no face.

    Small images are also reduced and, unless the best score is low, enlarged twice; tiny ones are
    enlarged up to four times; larger ones are reduced, since masked faces of several hundred pixels
    are found when shown smaller. Then come the three turns.

    Args:
        longest_side: of the image, in pixels.
        score: the best of the first look, from FAINT on.

    Returns:
        No view where the image is small and the score low.
    """
    turned_side = _FAINT_TURNED_SIDE if score < _LESS_FAINT else _TURNED_SIDE
    turned = _turned_views(longest_side, turned_side, _TURNED_THRESHOLD)
    if score < _FAINT_UPRIGHT:
        return turned if longest_side >= _CHEAPLY_TURNED else ()
    upright: tuple[int, ...]
    if longest_side < _TINY:
        upright = (min(4 * longest_side, _STANDARD_SIDE),)
    elif longest_side > _SMALL:
        upright = (_STANDARD_SIDE, _REDUCED_SIDE)
    elif score < _LESS_FAINT:
        upright = (_REDUCED_SIDE,)
    else:
        upright = (min(2 * longest_side, _GREATEST_ENLARGED), _REDUCED_SIDE)
    return (*(View(side) for side in upright), *turned)


def doubtful_views(longest_side: int, score: float) -> tuple[View, ...]:
    """The views that may replace the faces of a first look whose best score is below CERTAIN."""
    return _turned_views(longest_side, _DOUBTFUL_SIDE, max(CERTAIN, score + _GAIN))


def _turned_views(longest_side: int, most: int, threshold: float) -> tuple[View, ...]:
    """The image turned by a quarter, a half and three quarters, at most so large."""
    side = min(most, 2 * longest_side)
    return tuple(View(side, quarters, threshold) for quarters in (1, 2, 3))
