"""Rotated and mirrored images."""

from __future__ import annotations

import numpy as np
import PIL.Image

from shared.domain.face.attributes import HeadPose
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.images import Image

GREY = (127, 127, 127)


def turned(image: Image, degrees: float) -> Image:
    """The image rotated clockwise as a whole, on grey."""
    rotated = PIL.Image.fromarray(image.pixels).rotate(
        -degrees, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=GREY
    )
    return Image(np.ascontiguousarray(np.asarray(rotated)))


def mirrored(image: Image) -> Image:
    """The mirrored image."""
    return Image(np.ascontiguousarray(image.pixels[:, ::-1]))


def pose(analyzer: FaceAnalyzer, image: Image) -> HeadPose:
    """The head pose of the largest face."""
    return analyzer.head_pose(image, analyzer.detect(image)[0])
