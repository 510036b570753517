"""Attributes: what is asked for about a face, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from shared.faces.attributes import Attribute, FaceAttributes
from shared.faces.values import Detection
from shared.vision.alignment import align
from shared.vision.head_pose import head_pose
from shared.vision.image_quality import blur, exposure, noise
from shared.vision.images import Image
from shared.vision.recognition_quality import recognition_quality

SEEN = frozenset(
    {
        Attribute.BLUR,
        Attribute.EXPOSURE,
        Attribute.HEAD_POSE,
        Attribute.NOISE,
        Attribute.QUALITY,
    }
)
"""The attributes that pixels are looked at for. The others have no classifier that is good enough;
what is answered for them does not depend on the face."""


def describe(
    image: Image,
    detection: Detection,
    points: Callable[[], NDArray[np.float64]],
    wanted: frozenset[Attribute],
) -> FaceAttributes:
    """The wanted attributes of one face.

    Args:
        image: the picture.
        detection: the face.
        points: gives its 68 points, (68, 2); called where they are needed.
        wanted: which attributes.
    """
    if SEEN.isdisjoint(wanted):
        return FaceAttributes()
    judged = Attribute.QUALITY in wanted
    aligned = align(image, detection.points)
    pose = head_pose(points()) if judged or Attribute.HEAD_POSE in wanted else None
    blurred = blur(aligned) if judged or Attribute.BLUR in wanted else None
    exposed = exposure(aligned) if judged or Attribute.EXPOSURE in wanted else None
    noisy = noise(image, detection.rectangle) if judged or Attribute.NOISE in wanted else None
    quality = None
    if judged and pose and blurred and exposed and noisy:
        quality = recognition_quality(detection, pose, blurred, exposed, noisy)
    return FaceAttributes(
        head_pose=pose if Attribute.HEAD_POSE in wanted else None,
        blur=blurred if Attribute.BLUR in wanted else None,
        exposure=exposed if Attribute.EXPOSURE in wanted else None,
        noise=noisy if Attribute.NOISE in wanted else None,
        quality=quality,
    )
