"""Converts compare between the wire and the service."""

from __future__ import annotations

from shared.api.bodies.lineament.comparison import (
    MOST_AGAINST,
    MOST_PAIRS,
    CompareAnswer,
    CompareBody,
    ComparedFaceAnswer,
    FacePairAnswer,
    FaceSourceBody,
    PersonSourceBody,
    RectangleBody,
)
from shared.api.bodies.wire import RectangleAnswer
from shared.api.call import Call, checked_image, checked_uuid
from shared.api.resources.lineament.persons import checked_person_scope
from shared.api.resources.lineament.scopes import parse_scope
from shared.domain.errors import BadArgument, InvalidInput
from shared.domain.face.comparison import (
    ComparedFace,
    ComparisonRequest,
    FaceComparison,
    FacePair,
    FaceSource,
    PersonSource,
)
from shared.domain.face.geometry import Rectangle
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.requests import ImageSource, ImageUrl

_DEFAULT_PAIRS = 10
_DIGITS = 5


def comparison_request(call: Call, body: CompareBody) -> ComparisonRequest:
    """What a body asks to compare.

    Raises:
        BadArgument: a member is missing, out of range or malformed.
        InvalidImageSize: an image is too small or too big.
    """
    model = body.recognition_model
    if model not in (None, *call.capabilities.recognition_models):
        raise BadArgument("'recognitionModel' is invalid.")
    pairs = body.max_num_of_pairs_returned
    if pairs is not None and not 1 <= pairs <= MOST_PAIRS:
        raise BadArgument(f"'maxNumOfPairsReturned' is invalid. Use 1 to {MOST_PAIRS}.")
    return ComparisonRequest(
        face_source(body.probe, "probe"), _against(body), model, pairs or _DEFAULT_PAIRS
    )


def comparison_answer(found: FaceComparison, threshold: float | None) -> CompareAnswer:
    """The wire form of compared faces; confidences of at least the threshold are identical.

    Args:
        threshold: None: 0.5.
    """
    least = SAME_PERSON_CONFIDENCE if threshold is None else threshold
    pairs = [_pair_answer(pair, least) for pair in found.pairs]
    best = pairs[0] if pairs else None
    return CompareAnswer(
        best is not None and best.is_identical,
        best.confidence if best else 0.0,
        pairs,
        list(found.without_faces),
    )


def face_source(body: FaceSourceBody, name: str) -> FaceSource:
    """The faces that a body names.

    Raises:
        BadArgument: it does not name exactly one of image, url and faceId, or the target is empty.
        InvalidImageSize: the image is too small or too big.
    """
    given = [one for one in (body.image, body.url, body.face_id) if one is not None]
    if len(given) != 1:
        raise BadArgument(f"{name}: send exactly one of image, url and faceId.")
    source: ImageSource | str
    if body.image is not None:
        try:
            source = checked_image(body.image)
        except InvalidInput as error:
            error.message = f"{name}: {error.message}"
            raise
    elif body.url is not None:
        source = ImageUrl(body.url)
    else:
        source = checked_uuid(body.face_id or "", f"{name}: Face ID is invalid.")
    target = None if body.target_face is None else _target_rectangle(body.target_face, name)
    return FaceSource(source, target)


def _target_rectangle(body: RectangleBody, name: str) -> Rectangle:
    if min(body.left, body.top) < 0 or min(body.width, body.height) < 1:
        raise BadArgument(f"{name}: targetFace is invalid.")
    return Rectangle(body.left, body.top, body.width, body.height)


def _against(body: CompareBody) -> tuple[FaceSource, ...] | PersonSource:
    if (body.against is None) == (body.person is None):
        raise BadArgument("Send exactly one of against and person.")
    if body.person is not None:
        return _person_source(body.person)
    sources = body.against or []
    if not 1 <= len(sources) <= MOST_AGAINST:
        raise BadArgument(f"The length of against is not in a valid range, 1 to {MOST_AGAINST}.")
    return tuple(face_source(one, f"against[{index}]") for index, one in enumerate(sources))


def _person_source(body: PersonSourceBody) -> PersonSource:
    scope = checked_person_scope(parse_scope(body.collection))
    return PersonSource(scope, checked_uuid(body.person_id, "Person ID is invalid."))


def _pair_answer(pair: FacePair, least: float) -> FacePairAnswer:
    return FacePairAnswer(
        compared_face(pair.probe),
        compared_face(pair.against),
        pair.confidence >= least,
        pair.confidence,
        round(pair.cosine, _DIGITS),
        pair.false_accept_rate,
    )


def compared_face(face: ComparedFace) -> ComparedFaceAnswer:
    """The wire form of one face of a pair."""
    return ComparedFaceAnswer(
        index=face.index,
        face_rectangle=RectangleAnswer.of(face.rectangle) if face.rectangle else None,
        face_id=face.face_id,
        persisted_face_id=face.persisted_face_id,
    )
