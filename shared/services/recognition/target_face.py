"""Face rectangles per detection model; resolves targetFace.

All detection models share one detector; `detection_01` only has square rectangles, like Azure's
oldest model. A targetFace is compared with both forms, so that every rectangle
that detect returned selects its face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from shared.domain.errors import BadArgument, InvalidImage, NoFaceDetected
from shared.domain.face.geometry import Rectangle
from shared.domain.models import SQUARE_DETECTION_MODEL
from shared.domain.values import Detection, SeenFace

_Face = TypeVar("_Face", Detection, SeenFace)

_ENOUGH_OVERLAP = 0.3
"""A targetFace selects a face whose centre it contains, or that it overlaps by this much."""
_DOMINANT = 1.5
"""Of two faces in a targetFace, one is selected if it overlaps this many times more."""


def rectangles_for_model(
    detection_model: str, faces: Sequence[SeenFace], size: tuple[int, int]
) -> list[SeenFace]:
    """Faces with the rectangles of a detection model, largest first.

    Args:
        size: width and height of the image, in pixels.
    """
    if detection_model != SQUARE_DETECTION_MODEL:
        return list(faces)
    squared = [
        replace(
            face,
            detection=replace(face.detection, rectangle=face.detection.rectangle.squared(size)),
        )
        for face in faces
    ]
    return sorted(squared, key=lambda face: -face.detection.rectangle.area)


def select_target_face(
    detections: Sequence[Detection], target: Rectangle | None, size: tuple[int, int]
) -> Detection:
    """The only face, or the one that ``target`` selects.

    Args:
        size: width and height of the image, in pixels.

    Raises:
        InvalidImage: there is no such face, or more than one.
        BadArgument: the target lies outside the image.
    """
    if target is None:
        return only_face(detections)
    if target.right > size[0] or target.bottom > size[1]:
        raise BadArgument("Argument targetFace out of range.")

    def overlap(detection: Detection) -> float:
        rectangle = detection.rectangle
        return max(target.overlap(rectangle), target.overlap(rectangle.squared(size)))

    exact = [detection for detection in detections if overlap(detection) == 1.0]
    if exact:
        return exact[0]
    meant = [
        detection
        for detection in detections
        if target.holds_centre_of(detection.rectangle) or overlap(detection) >= _ENOUGH_OVERLAP
    ]
    meant.sort(key=overlap, reverse=True)
    if len(meant) > 1 and overlap(meant[0]) >= _DOMINANT * overlap(meant[1]):
        return meant[0]
    return only_face(meant)


def only_face(faces: Sequence[_Face]) -> _Face:
    """The face of an image that must have exactly one.

    Raises:
        InvalidImage: there is none, or more than one.
    """
    if not faces:
        raise NoFaceDetected
    if len(faces) > 1:
        raise InvalidImage("There is more than 1 face in the image.")
    return faces[0]
