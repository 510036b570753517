"""Converts explain and scales of confidences between the wire and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.api.bodies.face_attributes import FaceAttributesAnswer
from shared.api.bodies.lineament.confidence import (
    ConfidenceAnswer,
    CurvePointAnswer,
    RateAnswer,
)
from shared.api.bodies.lineament.explanation import (
    ExplainAnswer,
    ExplainBody,
    ExplainedCandidateAnswer,
    ExplainedFaceAnswer,
    ExplainedPairAnswer,
    ImageLimitsAnswer,
    RejectedFaceAnswer,
)
from shared.api.bodies.wire import RectangleAnswer
from shared.api.call import Call, checked_image
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.comparison import compared_face, face_source
from shared.api.resources.lineament.scopes import scope_name
from shared.domain.collections import FACE_COLLECTIONS, CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.errors import BadArgument
from shared.domain.face.attributes import FaceAttributes
from shared.domain.face.comparison import FacePair, FaceSource
from shared.domain.face.explanation import (
    CandidateRuleName,
    DetectionLimits,
    DetectionRule,
    ExplainedCandidate,
    ExplainedFace,
    Explanation,
    RejectedFace,
)
from shared.domain.face.geometry import Rectangle
from shared.domain.face.recognition import ConfidenceScale, SearchScope
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.requests import ImageSource, ImageUrl

if TYPE_CHECKING:
    from shared.services.people.confidence_scales import ConfidenceScales

_DIGITS = 5


def explain_sources(call: Call) -> tuple[ImageSource, FaceSource | None]:
    """The image to explain, and what it is compared with, if anything.

    Raises:
        BadArgument: the JSON body does not name exactly one image, or its ``other`` is invalid.
        InvalidImageSize: an image is too small or too big.
        UnsupportedMediaType: the body is a form, or JSON under another Content-Type.
    """
    if not call.has_json:
        return call.image(), None
    body = call.body(ExplainBody)
    other = None if body.other is None else face_source(body.other, "other")
    if body.image is not None and body.url is None:
        return checked_image(body.image), other
    if body.url is None or body.image is not None:
        raise BadArgument("Send exactly one of image and url.")
    return ImageUrl(body.url), other


def explain_answer(call: Call, found: Explanation) -> ExplainAnswer:
    """The wire form of an explanation."""
    limits = found.limits
    origin = _threshold_origin(call)
    return ExplainAnswer(
        image=ImageLimitsAnswer(*found.size, limits.smallest, limits.score, limits.faces),
        faces=[_explained_face(face, origin) for face in found.faces],
        rejected=[_rejected_face(face, limits) for face in found.rejected],
        pairs=None if found.pairs is None else [_explained_pair(call, one) for one in found.pairs],
    )


def confidence_answer(scope: SearchScope | None, scales: ConfidenceScales) -> ConfidenceAnswer:
    """The scale of a group's candidates; for a list, or None, the scale of pairs of faces.

    Raises:
        BadArgument: the scope is a part of the directory.
        CollectionNotFound, NotTrained, TrainingNotFinished: the group cannot be searched.
    """
    if isinstance(scope, DirectoryScope):
        raise BadArgument("The scale of persons of the directory is not described; name a group.")
    group = _group(scope)
    scale = scales.of_pairs() if group is None else scales.of_group(group)
    return _scale_answer(scale, of_strangers=group is not None)


def _explained_face(explained: ExplainedFace, threshold_from: str) -> ExplainedFaceAnswer:
    detection = explained.face.detection
    attributes = explained.face.attributes or FaceAttributes()
    return ExplainedFaceAnswer(
        face_rectangle=RectangleAnswer.of(detection.rectangle),
        size=_size(detection.rectangle),
        detector_score=round(detection.score, _DIGITS),
        face_attributes=FaceAttributesAnswer.of(attributes, pascal_glasses=False),
        candidates=[_explained_candidate(one, threshold_from) for one in explained.candidates],
    )


def _explained_candidate(
    candidate: ExplainedCandidate, threshold_from: str
) -> ExplainedCandidateAnswer:
    score = candidate.score
    return ExplainedCandidateAnswer(
        collection=scope_name(candidate.scope),
        person_id=candidate.person_id,
        name=candidate.name,
        cosine=round(candidate.cosine, _DIGITS),
        normalized_score=None if score is None else round(score, _DIGITS),
        confidence=candidate.confidence,
        threshold=candidate.threshold,
        threshold_from=threshold_from,
        accepted=candidate.rule is CandidateRuleName.ACCEPTED,
        rule=candidate.rule,
        sentence=_candidate_sentence(candidate),
    )


def _explained_pair(call: Call, pair: FacePair) -> ExplainedPairAnswer:
    requested: float | None = call.arguments[own.CONFIDENCE_THRESHOLD]
    threshold = SAME_PERSON_CONFIDENCE if requested is None else requested
    is_identical = pair.confidence >= threshold
    verdict = "reaches" if is_identical else "is below"
    return ExplainedPairAnswer(
        compared_face(pair.probe),
        compared_face(pair.against),
        is_identical,
        pair.confidence,
        round(pair.cosine, _DIGITS),
        pair.false_accept_rate,
        normalized_score=None,
        threshold=threshold,
        threshold_from=_threshold_origin(call),
        sentence=f"The confidence is {pair.confidence:.2f}, which {verdict} the threshold of"
        f" {threshold:.2f}.",
    )


def _threshold_origin(call: Call) -> str:
    return "default" if call.arguments[own.CONFIDENCE_THRESHOLD] is None else "request"


def _candidate_sentence(candidate: ExplainedCandidate) -> str:
    match candidate.rule:
        case CandidateRuleName.THRESHOLD:
            return (
                f"The confidence is {candidate.confidence:.2f}, the threshold is"
                f" {candidate.threshold:.2f}."
            )
        case CandidateRuleName.COSINE:
            return (
                f"The cosine is {candidate.cosine:.2f}: verify would not call this the same person."
            )
        case CandidateRuleName.MARGIN:
            return "The best person does not lead the second-best by FACE_IDENTIFY_MARGIN."
        case CandidateRuleName.ACCEPTED:
            return (
                f"The confidence is {candidate.confidence:.2f}, which reaches the threshold of"
                f" {candidate.threshold:.2f}."
            )


def _rejected_face(face: RejectedFace, limits: DetectionLimits) -> RejectedFaceAnswer:
    return RejectedFaceAnswer(
        face_rectangle=RectangleAnswer.of(face.rectangle),
        size=_size(face.rectangle),
        detector_score=round(face.score, _DIGITS),
        rule=face.rule,
        sentence=_rejection_sentence(face, limits),
    )


def _rejection_sentence(face: RejectedFace, limits: DetectionLimits) -> str:
    match face.rule:
        case DetectionRule.SCORE:
            return f"The detector's score is {face.score:.2f}, a face needs {limits.score}."
        case DetectionRule.SIZE:
            return f"{_size(face.rectangle)} px, the smallest reported face is {limits.smallest}."
        case DetectionRule.COUNT:
            return f"The {limits.faces} largest faces of an image are reported."
        case DetectionRule.VIEW:
            return "Turned or at another size, the image shows other faces with better scores."


def _size(rectangle: Rectangle) -> int:
    return max(rectangle.width, rectangle.height)


def _group(scope: CollectionKey | None) -> CollectionKey | None:
    return None if scope is None or scope.kind in FACE_COLLECTIONS else scope


def _scale_answer(scale: ConfidenceScale, *, of_strangers: bool) -> ConfidenceAnswer:
    return ConfidenceAnswer(
        score="normalizedScore" if scale.normalised else "cosine",
        threshold=scale.threshold,
        curve=[CurvePointAnswer(score, confidence) for score, confidence in scale.curve],
        rates_of="strangers" if of_strangers else "pairs",
        rates=[RateAnswer(confidence, share) for confidence, share in scale.rates],
    )
