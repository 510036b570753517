"""The attributes of a face that a caller asks for, each computed only where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.face.attributes import Attribute, FaceAttributes, HeadPose
from shared.domain.values import Detection
from shared.vision.attributes.image_quality import blur, exposure, noise
from shared.vision.attributes.occlusion import OcclusionEstimate
from shared.vision.attributes.recognition_quality import recognition_quality
from shared.vision.images import Image

_OCCLUSION = frozenset(
    {Attribute.ACCESSORIES, Attribute.GLASSES, Attribute.MASK, Attribute.OCCLUSION}
)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face to describe.

    Attributes:
        image: that it is in.
        detection: where it is.
        crop: uint8, (112, 112, 3), RGB: the aligned face, with replicated edges.
        head_pose: computes how the head is turned.
        occlusion: estimates what covers the face.
    """

    image: Image
    detection: Detection
    crop: NDArray[np.uint8]
    head_pose: Callable[[], HeadPose]
    occlusion: Callable[[], OcclusionEstimate]


def describe(face: Face, wanted: frozenset[Attribute]) -> FaceAttributes:
    """The wanted attributes of one face; the others are None."""
    judged = Attribute.QUALITY in wanted
    pose = face.head_pose() if judged or Attribute.HEAD_POSE in wanted else None
    blurred = blur(face.crop) if judged or Attribute.BLUR in wanted else None
    exposed = exposure(face.crop) if judged or Attribute.EXPOSURE in wanted else None
    noisy = None
    if judged or Attribute.NOISE in wanted:
        noisy = noise(face.image, face.detection.rectangle)
    quality = None
    if judged and pose and blurred and exposed and noisy:
        quality = recognition_quality(face.detection, pose, blurred, exposed, noisy)
    covered = None if _OCCLUSION.isdisjoint(wanted) else face.occlusion()
    return FaceAttributes(
        head_pose=pose if Attribute.HEAD_POSE in wanted else None,
        blur=blurred if Attribute.BLUR in wanted else None,
        exposure=exposed if Attribute.EXPOSURE in wanted else None,
        noise=noisy if Attribute.NOISE in wanted else None,
        quality=quality,
        glasses=covered.worn_glasses if covered and Attribute.GLASSES in wanted else None,
        accessories=covered.accessories if covered and Attribute.ACCESSORIES in wanted else None,
        mask=covered.worn_mask if covered and Attribute.MASK in wanted else None,
        occlusion=covered.occlusion if covered and Attribute.OCCLUSION in wanted else None,
    )
