"""JSON bodies of explain."""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared.api.bodies.face_attributes import FaceAttributesAnswer
from shared.api.bodies.lineament.comparison import FacePairAnswer, FaceSourceBody
from shared.api.bodies.members import Confidence, Cosine, Url, Uuid
from shared.api.bodies.wire import RectangleAnswer, Wire
from shared.domain.face.explanation import CandidateRuleName, DetectionRule

_Origin = Annotated[str, msgspec.Meta(extra_json_schema={"enum": ["request", "default"]})]


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
    cosine: Cosine
    normalized_score: float | None
    confidence: Confidence
    threshold: Confidence
    threshold_from: _Origin
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


class ExplainedPairAnswer(FacePairAnswer, frozen=True, kw_only=True, omit_defaults=False):
    """A pair as compare answers it, with the threshold that decided and where it came from.

    ``normalizedScore`` is null: scores are normalised against a collection, and a pair has none.
    """

    normalized_score: float | None
    threshold: Confidence
    threshold_from: _Origin
    sentence: str


class ExplainBody(Wire, frozen=True):
    """An image, by exactly one of image (base64) and url, and what its faces are compared with."""

    image: bytes | None = None
    url: Url | None = None
    other: FaceSourceBody | None = None


class ExplainAnswer(Wire, frozen=True, kw_only=True):
    """What was found on an image, and what was left out; pairs only with ``other``."""

    image: ImageLimitsAnswer
    faces: list[ExplainedFaceAnswer]
    rejected: list[RejectedFaceAnswer]
    pairs: list[ExplainedPairAnswer] | None = None
