"""Attributes: what is asked for about a face, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.faces.attributes import Attribute, FaceAttributes
from shared.vision.head_pose import head_pose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shared.faces.values import Detection
    from shared.vision.images import Image


def describe(
    image: Image,
    detection: Detection,
    points: NDArray[np.float64],
    wanted: frozenset[Attribute],
) -> FaceAttributes:
    """The wanted attributes of one face.

    Args:
        image: the picture.
        detection: the face.
        points: its 68 points, (68, 2).
        wanted: which attributes.
    """
    return FaceAttributes(
        head_pose=head_pose(points) if Attribute.HEAD_POSE in wanted else None,
    )
