"""JSON bodies of explain."""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared.api.bodies.detection import RectangleAnswer
from shared.api.bodies.face_attributes import FaceAttributesAnswer
from shared.api.bodies.members import Confidence, Uuid
from shared.api.bodies.wire import Wire
from shared.domain.face.explanation import CandidateRuleName, DetectionRule

_Cosine = Annotated[float, msgspec.Meta(extra_json_schema={"minimum": -1, "maximum": 1})]


class ImageLimitsAnswer(Wire, frozen=True):
    """The image's size, and what a face must have to be reported, in pixels of the image."""

    width: int
    height: int
    smallest_face: int
    least_score: float
    most_faces: int


class ExplainedCandidateAnswer(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """One of the nearest persons, and the rule that decided about it."""

    collection: str
    person_id: Uuid
    name: str
    cosine: _Cosine
    normalized_score: float | None
    confidence: Confidence
    threshold: Confidence
    threshold_from: Annotated[str, msgspec.Meta(extra_json_schema={"enum": ["request", "default"]})]
    accepted: bool
    rule: CandidateRuleName
    sentence: str


class ExplainedFaceAnswer(Wire, frozen=True, kw_only=True):
    """A reported face; ``size`` is its longer side in pixels."""

    face_rectangle: RectangleAnswer
    size: int
    detector_score: Confidence
    face_attributes: FaceAttributesAnswer
    candidates: list[ExplainedCandidateAnswer]


class RejectedFaceAnswer(Wire, frozen=True, kw_only=True):
    """A candidate of the detector that is not reported, and why."""

    face_rectangle: RectangleAnswer
    size: int
    detector_score: Confidence
    rule: DetectionRule
    sentence: str


class ExplainAnswer(Wire, frozen=True, kw_only=True):
    """What was found on an image, and what was left out."""

    image: ImageLimitsAnswer
    faces: list[ExplainedFaceAnswer]
    rejected: list[RejectedFaceAnswer]
