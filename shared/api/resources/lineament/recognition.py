"""Converts recognise between the wire and the service."""

from __future__ import annotations

from dataclasses import replace

from shared.api import parameters as p
from shared.api.bodies.face_attributes import FaceAttributesAnswer, LandmarksAnswer
from shared.api.bodies.lineament.recognition import (
    NamedCandidateAnswer,
    RecognizeAnswer,
    RecognizedFaceAnswer,
)
from shared.api.bodies.wire import RectangleAnswer
from shared.api.call import Call
from shared.api.resources.face_attributes import checked_attributes, checked_landmarks
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.scopes import scope_name
from shared.domain.errors import BadArgument
from shared.domain.face.attributes import Attribute
from shared.domain.face.recognition import (
    NamedCandidate,
    RecognitionRequest,
    RecognizedFace,
    SearchScope,
)
from shared.domain.models import LATEST_RECOGNITION_MODEL
from shared.domain.requests import DetectionOptions


def recognition_request(call: Call) -> RecognitionRequest:
    """What the query asks to recognise; the quality of each face is always determined.

    Raises:
        BadArgument: no collection is named, or the detection model does not support an attribute.
    """
    detection_model = call.arguments[p.DETECTION_MODEL]
    attributes = checked_attributes(
        call.arguments[p.RETURN_FACE_ATTRIBUTES], detection_model, LATEST_RECOGNITION_MODEL
    )
    return RecognitionRequest(
        scopes=required_scopes(call),
        detection=DetectionOptions(
            recognition_model=call.arguments[own.DIRECTORY_MODEL],
            detection_model=detection_model,
            time_to_live=call.arguments[p.FACE_ID_TIME_TO_LIVE],
            remember=call.arguments[own.REMEMBER],
            landmarks=checked_landmarks(call.arguments[p.RETURN_FACE_LANDMARKS], detection_model),
            attributes=attributes | {Attribute.QUALITY},
        ),
        only_largest=call.arguments[own.FACES] == "largest",
        count=call.arguments[own.MAXIMUM_CANDIDATES],
        threshold=call.arguments[own.CONFIDENCE_THRESHOLD],
    )


def required_scopes(call: Call) -> tuple[SearchScope, ...]:
    """The collections that the query names.

    Raises:
        BadArgument: it names none.
    """
    scopes = call.arguments[own.COLLECTIONS]
    if not scopes:
        raise BadArgument("Name what to search: collections=largepersongroups/staff.")
    return scopes


def recognize_answer(call: Call, faces: list[RecognizedFace]) -> RecognizeAnswer:
    """The wire form of recognised faces, with the attributes that the query names."""
    wanted = call.arguments[p.RETURN_FACE_ATTRIBUTES]
    scopes = [scope_name(scope) for scope in call.arguments[own.COLLECTIONS]]
    return RecognizeAnswer(scopes, [_face(face, wanted) for face in faces])


def _face(face: RecognizedFace, wanted: frozenset[Attribute]) -> RecognizedFaceAnswer:
    attributes = face.attributes
    if attributes is None or attributes.quality is None:
        raise LookupError("The analyzer returned no quality.")
    shown = attributes if Attribute.QUALITY in wanted else replace(attributes, quality=None)
    return RecognizedFaceAnswer(
        face_id=face.face_id,
        face_rectangle=RectangleAnswer.of(face.rectangle),
        quality_for_recognition=attributes.quality,
        face_landmarks=LandmarksAnswer.of(face.landmarks) if face.landmarks else None,
        face_attributes=FaceAttributesAnswer.of(shown, pascal_glasses=False) if wanted else None,
        candidates=[candidate_answer(one) for one in face.candidates],
    )


def candidate_answer(candidate: NamedCandidate) -> NamedCandidateAnswer:
    """The wire form of a candidate with its name."""
    return NamedCandidateAnswer(
        collection=scope_name(candidate.scope),
        person_id=candidate.person_id,
        persisted_face_id=candidate.persisted_face_id,
        name=candidate.name,
        user_data=candidate.user_data,
        confidence=candidate.confidence,
    )
