"""The second look: other views of an image in which the first look found no face.

YuNet misses masked faces that fill a small image, masked faces of several hundred pixels, and
faces that lie on their side. Enlarged, reduced or turned, most of them are found: with these views
405 of 431 masked images have a face that is large enough to be reported, 371 with the first look
alone; 244 of 246 turned images instead of 161.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.vision.candidates import SCORE_THRESHOLD

FAINT = 0.1
"""Best score in the first look below which there is no second one. Of 141 missed faces (60 masked,
81 turned) all but 2 score more somewhere; of 237 images without a face 45 do."""

_FAINT_UPRIGHT = 0.15
"""The same for the upright views, which cost the most; of the 237 images 24 score more."""

CERTAIN = 0.9
"""Score of an upright face. YuNet also finds faces on their side or upside down, with five points
that are wrong; then a turned view scores 0.9 and at least 0.02 more. Of 196 turned portraits found
by the first look, 192 do so in the right view; of 525 upright faces without a mask and 371 with
one, 0 and 1 do. Only 6 of those 525 score below 0.9 and cost the turned views."""

_GAIN = 0.02

_TURNED_THRESHOLD = 0.75
"""Turned views need more: a face on its side rarely scores 0.75 the wrong way up, and of 237
images without a face none does."""

_TURNED_SIDE = 160
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

    Small images are enlarged twice and also reduced, tiny ones up to four times; larger ones are
    reduced, since masked faces of several hundred pixels are found when shown smaller. Then come
    the three turns.

    Args:
        longest_side: of the image, in pixels.
        score: the best of the first look, from FAINT on.
    """
    turned = _turned_views(longest_side, _TURNED_THRESHOLD)
    if score < _FAINT_UPRIGHT:
        return turned
    upright: tuple[int, ...]
    if longest_side < _TINY:
        upright = (min(4 * longest_side, _STANDARD_SIDE),)
    elif longest_side <= _SMALL:
        upright = (min(2 * longest_side, _GREATEST_ENLARGED), _REDUCED_SIDE)
    else:
        upright = (_STANDARD_SIDE, _REDUCED_SIDE)
    return (*(View(side) for side in upright), *turned)


def doubtful_views(longest_side: int, score: float) -> tuple[View, ...]:
    """The views that may replace the faces of a first look whose best score is below CERTAIN."""
    return _turned_views(longest_side, max(CERTAIN, score + _GAIN))


def _turned_views(longest_side: int, threshold: float) -> tuple[View, ...]:
    """The image turned by a quarter, a half and three quarters."""
    side = min(_TURNED_SIDE, 2 * longest_side)
    return tuple(View(side, quarters, threshold) for quarters in (1, 2, 3))
