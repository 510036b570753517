"""Converts positions in an image that was decoded at reduced size to pixels of its file."""

from __future__ import annotations

from dataclasses import fields, replace

from shared.domain.face.attributes import Landmarks
from shared.domain.face.geometry import Point, Rectangle
from shared.domain.values import Detection, FivePoints, SeenFace


def face_at_full_size(face: SeenFace, factor: int, size: tuple[int, int]) -> SeenFace:
    """A face with its positions in pixels of the file.

    Args:
        factor: pixels of the file per pixel of the decoded image, in each direction.
        size: width and height of the image in its file.
    """
    if factor == 1:
        return face
    marks = face.landmarks
    if marks is not None:
        points = {one.name: _enlarged(getattr(marks, one.name), factor) for one in fields(marks)}
        marks = Landmarks(**points)
    detection = at_full_size(face.detection, factor, size)
    return replace(face, detection=detection, landmarks=marks)


def at_full_size(detection: Detection, factor: int, size: tuple[int, int]) -> Detection:
    """A detection in pixels of the file; its rectangle stays inside the image."""
    if factor == 1:
        return detection
    box, width, height = detection.rectangle, *size
    left, top = min(box.left * factor, width - 1), min(box.top * factor, height - 1)
    right, bottom = min(box.right * factor, width), min(box.bottom * factor, height)
    points = (getattr(detection.points, one.name) for one in fields(detection.points))
    return replace(
        detection,
        rectangle=Rectangle(left, top, right - left, bottom - top),
        points=FivePoints(*(_enlarged(point, factor) for point in points)),
    )


def _enlarged(point: Point, factor: int) -> Point:
    return Point(point.x * factor, point.y * factor)
