"""Passes of the detector: the sizes of images in them, and their costs.

A cost is the number of pixels of a pass that takes the same time; 1,000 take about 0.022 ms.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from shared.vision.candidates import STRIDES

FIXED_COST = 8_500
"""Of a pass, in addition to its pixels: 0.19 ms."""

ENLARGING_COST = 0.35
"""Of resizing, for each pixel of the larger image."""

SHRINKING_COST = 0.16
"""Of resizing, for each pixel of the larger image."""

REDUCTION_COST = 0.05
"""Of reducing by a whole number, for each pixel of the larger image."""


def fitted_size(width: int, height: int, longest_side: int) -> tuple[int, int]:
    """Width and height of an image that is scaled to a longest side, in pixels."""
    longest = max(width, height)
    return (
        max(1, round(width * longest_side / longest)),
        max(1, round(height * longest_side / longest)),
    )


def padded(side: int) -> int:
    """A side padded to a multiple of the network's greatest stride, in pixels."""
    step = STRIDES[-1]
    return math.ceil(side / step) * step


def pass_cost(width: int, height: int) -> float:
    """The cost of a pass over an image of this size."""
    return FIXED_COST + padded(width) * padded(height)


def blank(width: int, height: int) -> NDArray[np.float32]:
    """A black input for the network, (1, 3, height, width), with room for an image of this size."""
    return np.zeros((1, 3, padded(height), padded(width)), np.float32)
