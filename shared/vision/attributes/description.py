"""Attributes: what is asked for about a face, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.face.attributes import Attribute, FaceAttributes, HeadPose
from shared.domain.values import Detection
from shared.vision.alignment import align
from shared.vision.attributes.coverings import CoveringClassifier
from shared.vision.attributes.image_quality import blur, exposure, noise
from shared.vision.attributes.recognition_quality import recognition_quality
from shared.vision.images import Image

_COVERINGS = frozenset({Attribute.ACCESSORIES, Attribute.GLASSES, Attribute.MASK})


def describe(
    image: Image,
    detection: Detection,
    pose_of_head: Callable[[], HeadPose],
    coverings: CoveringClassifier,
    wanted: frozenset[Attribute],
) -> FaceAttributes:
    """The wanted attributes of one face.

    Args:
        image: the picture.
        detection: the face.
        pose_of_head: gives how the head is turned; called where that is needed.
        coverings: sees what covers a face; asked where that is needed.
        wanted: which attributes.
    """
    if not wanted:
        return FaceAttributes()
    judged = Attribute.QUALITY in wanted
    aligned = align(image, detection.points)
    pose = pose_of_head() if judged or Attribute.HEAD_POSE in wanted else None
    blurred = blur(aligned) if judged or Attribute.BLUR in wanted else None
    exposed = exposure(aligned) if judged or Attribute.EXPOSURE in wanted else None
    noisy = noise(image, detection.rectangle) if judged or Attribute.NOISE in wanted else None
    quality = None
    if judged and pose and blurred and exposed and noisy:
        quality = recognition_quality(detection, pose, blurred, exposed, noisy)
    covered = None if _COVERINGS.isdisjoint(wanted) else coverings.look(image, detection.points)
    return FaceAttributes(
        head_pose=pose if Attribute.HEAD_POSE in wanted else None,
        blur=blurred if Attribute.BLUR in wanted else None,
        exposure=exposed if Attribute.EXPOSURE in wanted else None,
        noise=noisy if Attribute.NOISE in wanted else None,
        quality=quality,
        glasses=covered.told_glasses if covered and Attribute.GLASSES in wanted else None,
        accessories=covered.accessories if covered and Attribute.ACCESSORIES in wanted else None,
        mask=covered.worn_mask if covered and Attribute.MASK in wanted else None,
    )
