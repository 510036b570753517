"""Detect faces on an image."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.detection import DetectedFaceAnswer, RectangleAnswer
from shared.api.bodies.face_attributes import FaceAttributesAnswer, LandmarksAnswer
from shared.api.bodies.liveness import SessionImageBody
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.face_attributes import checked_attributes, checked_landmarks
from shared.composition.container import root
from shared.domain.errors import SessionImageNotFound
from shared.domain.requests import DetectionOptions, ImageSource

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
    options = _options(call)
    named = call.arguments[p.RETURN_RECOGNITION_MODEL] and options.remember
    found = root().recognition.detection.detect(_image(call), options)
    return Answer(
        [
            DetectedFaceAnswer(
                face_id=face.face_id,
                face_rectangle=RectangleAnswer.of(face.rectangle),
                face_landmarks=LandmarksAnswer.of(face.landmarks) if face.landmarks else None,
                face_attributes=FaceAttributesAnswer.of(
                    face.attributes, pascal_glasses=call.version.pascal_glasses
                )
                if face.attributes and options.attributes
                else None,
                recognition_model=options.recognition_model if named else None,
            )
            for face in found
        ]
    )


def _options(call: Call) -> DetectionOptions:
    recognition_model = call.arguments[p.RECOGNITION_MODEL]
    detection_model = call.arguments[p.DETECTION_MODEL]
    return DetectionOptions(
        recognition_model=recognition_model,
        detection_model=detection_model,
        time_to_live=call.arguments[p.FACE_ID_TIME_TO_LIVE],
        remember=call.arguments[p.RETURN_FACE_ID],
        landmarks=checked_landmarks(call.arguments[p.RETURN_FACE_LANDMARKS], detection_model),
        attributes=checked_attributes(
            call.arguments[p.RETURN_FACE_ATTRIBUTES], detection_model, recognition_model
        ),
    )


def _image(call: Call) -> ImageSource:
    """The image. Images of liveness sessions are never found, because none is stored."""
    if (
        call.version.session_images
        and call.has_json
        and call.body(SessionImageBody).session_image_id is not None
    ):
        raise SessionImageNotFound
    return call.image()
