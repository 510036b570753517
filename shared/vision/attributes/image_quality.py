"""Blur, exposure and noise of a face.

The curves from the measured values to Azure's 0 to 1 were set on 70 images degraded in known steps;
`python -m tools.measure.accuracy image-quality` prints the results.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.domain.face.attributes import Blur, Exposure, Noise
from shared.domain.face.geometry import Rectangle
from shared.vision.images import Image

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601."""

_WINDOW = 9
"""Width in pixels of the blur that is applied (Crété et al.)."""

_BLUR_CURVE = ((0.36, 0.54, 0.73, 0.89), (0.0, 0.25, 0.75, 1.0))
"""A Gaussian of 1.25 pixels of the aligned face measures 0.54, of 3 pixels 0.73, of 8 0.89."""

_BRIGHTNESS_CURVE = ((0.0, 0.30, 0.56, 0.82, 1.0), (0.0, 0.25, 0.5, 0.75, 1.0))
"""The median face has luma 0.56; two stops less give 0.30, one and a half more 0.82."""

_NOISE_CURVE = ((0.7, 6.0, 14.0, 28.0), (0.0, 0.3, 0.7, 1.0))
"""Standard deviation of luma in grey levels. Clean images measure 0.5 to 2."""

_FACE = (slice(28, 100), slice(24, 88))
"""Brows to chin of an aligned face."""

_NOISE_SIDE = 192
"""Pixels of a square in the centre, enough of a larger face."""

_NORMAL_MEDIAN = 0.6745
"""Median of the absolute value of a normal variable, in standard deviations."""

_MASK_GAIN = 6.0
"""Root of the sum of squares of Immerkær's mask."""


def blur(face: NDArray[np.uint8]) -> Blur:
    """Blur of an aligned face.

    A blurred image changes little when it is blurred again: Crété, Dolmiere, Ladret, Nicolas, "The
    blur effect: perception and estimation with a new no-reference perceptual blur metric", 2007.
    The mean of the measures at full and at half size increases with a Gaussian of up to 8 pixels.

    Args:
        face: uint8, (112, 112, 3), RGB; enlarging a small face blurs it, and this counts.
    """
    grey = np.matmul(face.astype(np.float32), LUMA, dtype=np.float32)
    side = grey.shape[0] // 2
    half = grey.reshape(side, 2, side, 2).mean(axis=(1, 3))
    measured = (_blur_effect(grey[8:-8, 8:-8]) + _blur_effect(half[4:-4, 4:-4])) / 2
    return Blur(float(np.interp(measured, *_BLUR_CURVE)))


def exposure(face: NDArray[np.uint8]) -> Exposure:
    """Exposure of an aligned face, uint8, (112, 112, 3), RGB, from brows to chin."""
    brightness = float((face[_FACE].mean(axis=(0, 1)) @ LUMA) / 255)
    return Exposure(float(np.interp(brightness, *_BRIGHTNESS_CURVE)))


def noise(image: Image, rectangle: Rectangle) -> Noise:
    """Noise of the image inside a face, at its own pixels.

    The mask of Immerkær, "Fast noise variance estimation", 1996, with the median instead of the
    mean, since edges increase the mean.
    """
    width, height = (min(side, _NOISE_SIDE) for side in (rectangle.width, rectangle.height))
    left = rectangle.left + (rectangle.width - width) // 2
    top = rectangle.top + (rectangle.height - height) // 2
    part = image.pixels[top : top + height, left : left + width]
    if min(part.shape[:2]) < 3:
        return Noise(0.0)
    grey = np.matmul(part.astype(np.float32), LUMA, dtype=np.float32)
    across = grey[:, :-2] - 2 * grey[:, 1:-1] + grey[:, 2:]
    mask = across[:-2] - 2 * across[1:-1] + across[2:]
    deviation = float(np.median(np.abs(mask))) / _NORMAL_MEDIAN / _MASK_GAIN
    return Noise(float(np.interp(deviation, *_NOISE_CURVE)))


def _blur_effect(grey: NDArray[np.float32]) -> float:
    """Crété's measure, 0 to 1: the share of the neighbours' differences that a blur leaves."""
    return max(_left_by_a_blur(grey), _left_by_a_blur(grey.T))


def _left_by_a_blur(grey: NDArray[np.float32]) -> float:
    sums = np.cumsum(grey, axis=0, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(sums[:1]), sums])
    blurred = (sums[_WINDOW:] - sums[:-_WINDOW]) / _WINDOW
    margin = _WINDOW // 2
    before = np.abs(np.diff(grey[margin : len(grey) - margin], axis=0))
    lost = np.maximum(0.0, before - np.abs(np.diff(blurred, axis=0)))
    whole = float(before.sum(dtype=np.float64))
    # A face without any edge, such as a black one, has maximum blur.
    return 1.0 if whole == 0.0 else 1.0 - float(lost.sum()) / whole
