"""JSON bodies of compare."""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared.api.bodies.members import Confidence, Cosine, RecognitionModel, Share, Url, Uuid
from shared.api.bodies.wire import RectangleAnswer, Wire

MOST_AGAINST = 30
MOST_PAIRS = 1_000

_Pairs = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": MOST_PAIRS})]


class RectangleBody(Wire, frozen=True):
    """A rectangle that selects a face, in pixels of the upright image."""

    top: int
    left: int
    width: int
    height: int


class FaceSourceBody(Wire, frozen=True):
    """Faces to compare: exactly one of image (base64), url and faceId."""

    image: bytes | None = None
    url: Url | None = None
    face_id: Uuid | None = None
    target_face: RectangleBody | None = None


class PersonSourceBody(Wire, frozen=True):
    """A person of a collection, or of ``persondirectory``."""

    collection: str
    person_id: Uuid


class CompareBody(Wire, frozen=True):
    """A probe, and what it is compared with: up to 30 sources, or a person."""

    probe: FaceSourceBody
    against: (
        Annotated[
            list[FaceSourceBody],
            msgspec.Meta(extra_json_schema={"minItems": 1, "maxItems": MOST_AGAINST}),
        ]
        | None
    ) = None
    person: PersonSourceBody | None = None
    recognition_model: RecognitionModel | None = None
    confidence_threshold: Confidence | None = None
    max_num_of_pairs_returned: _Pairs | None = None


class ComparedFaceAnswer(Wire, frozen=True, kw_only=True):
    """One face of a pair; ``index`` is its place in ``against``."""

    index: int | None = None
    face_rectangle: RectangleAnswer | None = None
    face_id: Uuid | None = None
    persisted_face_id: Uuid | None = None


class FacePairAnswer(Wire, frozen=True, omit_defaults=False):
    """Two faces and how similar they are.

    ``falseAcceptRate`` is the share of pairs of two people that reach this confidence, on the data
    of the model's fit; null where it was not measured.
    """

    probe: ComparedFaceAnswer
    against: ComparedFaceAnswer
    is_identical: bool
    confidence: Confidence
    cosine: Cosine
    false_accept_rate: Share | None


class CompareAnswer(Wire, frozen=True, omit_defaults=False):
    """The best pairs, best first; the first one decides ``isIdentical``."""

    is_identical: bool
    confidence: Confidence
    pairs: list[FacePairAnswer]
    without_faces: list[str]
