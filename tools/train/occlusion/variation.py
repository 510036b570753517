"""Random variations of aligned faces, as in real images: place, sharpness, compression, light."""

from __future__ import annotations

import io
import math

import numpy as np
import PIL.Image
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_MARGIN = 16
"""Pixels by which a crop's edges are replicated before it is shifted."""

_DEGREES, _SCALE, _SHIFT = 4.0, 0.05, 2.0
"""Standard deviations: rotation in degrees, logarithm of the scale, and shift in pixels."""

_SIDES = (26, 90)
_QUALITIES = (20, 80)
"""Ranges: side of the reduced crop in pixels, and JPEG quality."""

_GAMMA, _CONTRAST, _BRIGHTNESS, _COLOUR = 0.25, 0.15, 0.05, 0.06
"""Standard deviations; except for brightness, those of logarithms."""


def varied(face: Pixels, lot: np.random.Generator) -> Pixels:
    """A random variation of an aligned face, uint8, (side, side, 3), RGB, of the same shape."""
    image = PIL.Image.fromarray(face)
    if lot.random() < 0.5:
        image = image.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT)
    image = _compressed(_reduced(_moved(image, lot), lot), lot)
    return _lit(np.asarray(image), lot)


def _moved(image: PIL.Image.Image, lot: np.random.Generator) -> PIL.Image.Image:
    margins = ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0))
    wide = PIL.Image.fromarray(np.pad(np.asarray(image), margins, mode="edge"))
    turn, scale = math.radians(lot.normal(0, _DEGREES)), math.exp(lot.normal(0, _SCALE))
    a, b = scale * math.cos(turn), scale * math.sin(turn)
    middle = image.width / 2
    x, y = middle + lot.normal(0, _SHIFT), middle + lot.normal(0, _SHIFT)
    centre = middle + _MARGIN
    return wide.transform(
        image.size,
        PIL.Image.Transform.AFFINE,
        (a, -b, centre - a * x + b * y, b, a, centre - b * x - a * y),
        PIL.Image.Resampling.BILINEAR,
    )


def _reduced(image: PIL.Image.Image, lot: np.random.Generator) -> PIL.Image.Image:
    if lot.random() < 0.5:
        return image
    side = int(lot.integers(*_SIDES))
    small = image.resize((side, side), PIL.Image.Resampling.BOX)
    return small.resize(image.size, PIL.Image.Resampling.BILINEAR)


def _compressed(image: PIL.Image.Image, lot: np.random.Generator) -> PIL.Image.Image:
    if lot.random() < 0.6:
        return image
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=int(lot.integers(*_QUALITIES)))
    return PIL.Image.open(stored)


def _lit(face: Pixels, lot: np.random.Generator) -> Pixels:
    light = (face / 255.0) ** math.exp(lot.normal(0, _GAMMA))
    light = (light - 0.5) * math.exp(lot.normal(0, _CONTRAST)) + 0.5 + lot.normal(0, _BRIGHTNESS)
    light = light * np.exp(lot.normal(0, _COLOUR, 3))
    return np.asarray((light.clip(0, 1) * 255).round(), np.uint8)
