"""Image degradations in known steps."""

from __future__ import annotations

import math

import numpy as np
import PIL.Image
import PIL.ImageFilter
from numpy.typing import NDArray

from shared.domain.values import Detection
from shared.vision.images import Image

ALIGNED_EYE_DISTANCE = 35.2
"""Pixels between the eyes of an aligned face."""

_GAMMA = 2.2
"""Approximately that of sRGB."""


def eye_distance(face: Detection) -> float:
    """Pixels between a face's eyes."""
    left, right = face.points.eye_left, face.points.eye_right
    return math.hypot(right.x - left.x, right.y - left.y)


def blurred(image: Image, face: Detection, sigma: float) -> Image:
    """The image blurred by a Gaussian of ``sigma`` pixels of the aligned face."""
    if sigma == 0:
        return image
    radius = sigma * eye_distance(face) / ALIGNED_EYE_DISTANCE
    changed = PIL.Image.fromarray(image.pixels).filter(PIL.ImageFilter.GaussianBlur(radius))
    return Image(np.ascontiguousarray(np.asarray(changed)))


def exposed(image: Image, stops: float) -> Image:
    """The image with ``stops`` more light; brighter values are clipped."""
    light = (image.pixels / 255.0) ** _GAMMA * 2.0**stops
    return _image(255.0 * light.clip(0, 1) ** (1 / _GAMMA))


def noisy(image: Image, deviation: float, generator: np.random.Generator) -> Image:
    """The image with normal noise of ``deviation`` grey levels in each channel."""
    return _image(image.pixels + generator.normal(0.0, deviation, image.pixels.shape))


def grainy(image: Image, photons: float, generator: np.random.Generator) -> Image:
    """The image with Poisson noise, for ``photons`` photons at white."""
    return _image(generator.poisson(image.pixels / 255.0 * photons) * (255.0 / photons))


def shrunk(image: Image, face: Detection, distance: float) -> Image:
    """The image scaled so that the eyes are ``distance`` pixels apart."""
    factor = distance / eye_distance(face)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    changed = PIL.Image.fromarray(image.pixels).resize(size, PIL.Image.Resampling.BICUBIC)
    return Image(np.ascontiguousarray(np.asarray(changed)))


def turned(image: Image, degrees: float) -> Image:
    """The whole image rotated clockwise, on a grey background."""
    changed = PIL.Image.fromarray(image.pixels).rotate(
        -degrees, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=(127, 127, 127)
    )
    return Image(np.ascontiguousarray(np.asarray(changed)))


def mirrored(image: Image) -> Image:
    """The mirrored image."""
    return Image(np.ascontiguousarray(image.pixels[:, ::-1]))


def _image(pixels: NDArray[np.floating]) -> Image:
    return Image(np.ascontiguousarray(pixels.clip(0, 255).round().astype(np.uint8)))
