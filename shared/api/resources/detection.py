"""Converts detect between the wire and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.api import parameters as p
from shared.api.bodies.detection import DetectedFaceAnswer
from shared.api.bodies.face_attributes import FaceAttributesAnswer, LandmarksAnswer
from shared.api.bodies.liveness import SessionImageBody
from shared.api.bodies.wire import RectangleAnswer
from shared.api.call import Call
from shared.api.resources.face_attributes import checked_attributes, checked_landmarks
from shared.domain.errors import SessionImageNotFound
from shared.domain.requests import DetectionOptions, ImageSource

if TYPE_CHECKING:
    from shared.services.recognition.detection import FoundFace


def detection_options(call: Call) -> DetectionOptions:
    """The options in the query.

    Raises:
        BadArgument: the detection or recognition model does not support an attribute.
    """
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


def image_to_detect(call: Call) -> ImageSource:
    """The image of the body.

    Raises:
        SessionImageNotFound: the body names an image of a liveness session; none is ever stored.
        BadArgument, InvalidImageSize: as ``call.image``.
    """
    if (
        call.version.session_images
        and call.has_json
        and call.body(SessionImageBody).session_image_id is not None
    ):
        raise SessionImageNotFound
    return call.image()


def detected_face_answer(
    face: FoundFace, options: DetectionOptions, call: Call
) -> DetectedFaceAnswer:
    """The wire form of a detected face, with what the query requested."""
    named = call.arguments[p.RETURN_RECOGNITION_MODEL] and options.remember
    attributes = face.attributes if options.attributes else None
    return DetectedFaceAnswer(
        face_id=face.face_id,
        face_rectangle=RectangleAnswer.of(face.rectangle),
        face_landmarks=LandmarksAnswer.of(face.landmarks) if face.landmarks else None,
        face_attributes=FaceAttributesAnswer.of(
            attributes, pascal_glasses=call.version.pascal_glasses
        )
        if attributes
        else None,
        recognition_model=options.recognition_model if named else None,
    )
