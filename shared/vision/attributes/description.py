"""The attributes of a face that a caller asks for, each computed only where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.face.attributes import Attribute, FaceAttributes, HeadPose
from shared.domain.values import Detection
from shared.vision.attributes.image_quality import blur, exposure, noise
from shared.vision.attributes.occlusion import OcclusionProbes
from shared.vision.attributes.recognition_quality import recognition_quality
from shared.vision.embedder import FaceFeatures
from shared.vision.images import Image

_OCCLUSION = frozenset(
    {Attribute.ACCESSORIES, Attribute.GLASSES, Attribute.MASK, Attribute.OCCLUSION}
)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face to describe.

    Attributes:
        image: the image that shows it.
        detection: its position.
        crop: uint8, (112, 112, 3), RGB: the aligned face, with replicated edges.
        head_pose: computes the rotation of the head.
        features: computes the recognition model's features of the crop.
        probes: estimate from the features what covers the face.
    """

    image: Image
    detection: Detection
    crop: NDArray[np.uint8]
    head_pose: Callable[[], HeadPose]
    features: Callable[[], FaceFeatures]
    probes: OcclusionProbes


def describe(face: Face, wanted: frozenset[Attribute]) -> FaceAttributes:
    """The wanted attributes of one face; the others are None."""
    judged = Attribute.QUALITY in wanted
    covered = quality = None
    if judged or not _OCCLUSION.isdisjoint(wanted):
        features = face.features()
        covered = face.probes.estimate(features.bands)
        quality = recognition_quality(features.length)
    return FaceAttributes(
        head_pose=face.head_pose() if Attribute.HEAD_POSE in wanted else None,
        blur=blur(face.crop) if Attribute.BLUR in wanted else None,
        exposure=exposure(face.crop) if Attribute.EXPOSURE in wanted else None,
        noise=noise(face.image, face.detection.rectangle) if Attribute.NOISE in wanted else None,
        quality=quality if judged else None,
        glasses=covered.worn_glasses if covered and Attribute.GLASSES in wanted else None,
        accessories=covered.accessories if covered and Attribute.ACCESSORIES in wanted else None,
        mask=covered.worn_mask if covered and Attribute.MASK in wanted else None,
        occlusion=covered.occlusion if covered and Attribute.OCCLUSION in wanted else None,
    )
