"""Values of explain: what the detector left out, and how candidates were judged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.face.comparison import FacePair
from shared.domain.face.geometry import Rectangle
from shared.domain.face.recognition import SearchScope
from shared.domain.values import SeenFace


class DetectionRule(StrEnum):
    """The rule by which a candidate of the detector is not reported.

    Attributes:
        SCORE: the detector is not certain enough.
        SIZE: the face is smaller than the smallest reported one.
        COUNT: the image has more faces than are reported; the largest are.
        VIEW: another rotation or size of the image gave other faces with better scores.
    """

    SCORE = "score"
    SIZE = "size"
    COUNT = "count"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class RejectedFace:
    """A candidate of the detector that is not reported.

    Attributes:
        score: the detector's score, 0 to 1.
    """

    rectangle: Rectangle
    score: float
    rule: DetectionRule


@dataclass(frozen=True, slots=True)
class DetectionLimits:
    """The limits that a reported face meets.

    Attributes:
        smallest: its longer side, in pixels of the image.
        score: the detector's score, 0 to 1.
        faces: how many faces of an image are reported.
    """

    smallest: int
    score: float
    faces: int


class CandidateRuleName(StrEnum):
    """The rule that decided about a candidate.

    Attributes:
        ACCEPTED: none rejected it.
        THRESHOLD: its confidence is below the threshold.
        COSINE: verify would not accept it as the same person.
        MARGIN: the best person does not lead the second-best by the margin.
    """

    ACCEPTED = "accepted"
    THRESHOLD = "threshold"
    COSINE = "cosine"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class ExplainedCandidate:
    """One of the nearest persons, and how it was judged.

    Attributes:
        cosine: with the face, -1 to 1.
        score: the normalised score; None where scores are not normalised.
        threshold: the confidence that was needed.
    """

    scope: SearchScope
    person_id: str
    name: str
    cosine: float
    score: float | None
    confidence: float
    threshold: float
    rule: CandidateRuleName


@dataclass(frozen=True, slots=True)
class ExplainedFace:
    """A reported face with its score, attributes and the nearest persons, best first."""

    face: SeenFace
    candidates: tuple[ExplainedCandidate, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that was found on an image.

    Attributes:
        size: width and height of the image, in pixels.
        pairs: its faces with those of another image, or a detected face, most similar first; None:
            there was no other.
    """

    size: tuple[int, int]
    limits: DetectionLimits
    faces: tuple[ExplainedFace, ...]
    rejected: tuple[RejectedFace, ...]
    pairs: tuple[FacePair, ...] | None = None
