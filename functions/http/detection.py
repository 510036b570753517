"""Detect faces on an image."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.detection import DetectedFaceAnswer
from shared.api.bodies.liveness import SessionImageBody
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.detection import (
    detected_face_answer,
    detection_options,
    image_to_detect,
)
from shared.composition.container import root

routes = Routes()


@routes.operation(
    "POST",
    "detect",
    summary="Detect the faces on an image.",
    query=(
        p.RETURN_FACE_ID,
        p.RETURN_FACE_LANDMARKS,
        p.RETURN_FACE_ATTRIBUTES,
        p.RECOGNITION_MODEL,
        p.RETURN_RECOGNITION_MODEL,
        p.DETECTION_MODEL,
        p.FACE_ID_TIME_TO_LIVE,
    ),
    takes_image=True,
    body=SessionImageBody,
    answers=list[DetectedFaceAnswer],
)
def detect(call: Call) -> Answer:
    """Detect faces and store them until they expire."""
    options = detection_options(call)
    found = root().recognition.detection.detect(image_to_detect(call), options)
    return Answer([detected_face_answer(face, options, call) for face in found])
