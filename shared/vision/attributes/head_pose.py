"""Head pose: the rotation of a mean face that fits the detected points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from shared.domain.face.attributes import HeadPose
from shared.vision.attributes.mean_face import MEAN_FACE, MEAN_FACE_POINTS

_FROM_MODEL = np.linalg.pinv(MEAN_FACE - MEAN_FACE.mean(axis=0))


def head_pose(points: NDArray[np.float64]) -> HeadPose:
    """The rotation of a head.

    The mean face is fitted to the points under weak perspective: the least-squares 2 by 3 matrix,
    made a rotation by removing its stretch (the polar factor).
    The rotation is roll after yaw after pitch, so that rotating the image changes only roll.

    Args:
        points: the face's 68 points, (68, 2), in pixels of the image.
    """
    seen = points[list(MEAN_FACE_POINTS)]
    seen = seen - seen.mean(axis=0)
    left, _, right = np.linalg.svd((_FROM_MODEL @ seen).T, full_matrices=False)
    across, down = left @ right
    into = np.cross(across, down)
    # In the camera's frame (right, down, into the image) the rotation is Rz·Ry·Rx. Azure's axes
    # point the other way for yaw and pitch: see HeadPose.
    return HeadPose(
        pitch=-math.degrees(math.atan2(into[1], into[2])),
        roll=math.degrees(math.atan2(down[0], across[0])),
        yaw=math.degrees(math.asin(max(-1.0, min(1.0, into[0])))),
    )
