"""Detect faces on a photograph."""

from __future__ import annotations

from functions.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.detection import DetectedFaceAnswer, RectangleAnswer
from shared.api.bodies.liveness import SessionImageBody
from shared.api.call import Call
from shared.api.operations import Answer
from shared.composition import root
from shared.faces.errors import BadArgument, SessionImageNotFound
from shared.faces.requests import DetectionOptions, Photograph

routes = Routes()


@routes.operation(
    "POST",
    "detect",
    summary="Detect the faces on a photograph.",
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
    """Find faces and remember them for a while."""
    _refuse_what_is_not_seen_yet(call)
    options = DetectionOptions(
        recognition_model=call.query(p.RECOGNITION_MODEL),
        detection_model=call.query(p.DETECTION_MODEL),
        time_to_live=call.query(p.FACE_ID_TIME_TO_LIVE),
        remember=call.query(p.RETURN_FACE_ID),
    )
    named = call.query(p.RETURN_RECOGNITION_MODEL) and options.remember
    found = root().detection.detect(_photograph(call), options)
    return Answer(
        [
            DetectedFaceAnswer(
                face_id=face.face_id,
                face_rectangle=RectangleAnswer.of(face.rectangle),
                recognition_model=options.recognition_model if named else None,
            )
            for face in found
        ]
    )


def _photograph(call: Call) -> Photograph:
    """The photograph. The image of a liveness session is never found, because none is kept."""
    if (
        call.version.session_images
        and call.has_json
        and call.body(SessionImageBody).session_image_id is not None
    ):
        raise SessionImageNotFound
    return call.photograph()


def _refuse_what_is_not_seen_yet(call: Call) -> None:
    if call.query(p.RETURN_FACE_LANDMARKS):
        raise BadArgument("'returnFaceLandmarks' is not supported by this service yet.")
    if call.query(p.RETURN_FACE_ATTRIBUTES):
        raise BadArgument("'returnFaceAttributes' is not supported by this service yet.")
