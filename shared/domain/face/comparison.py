"""Values of compare: what is compared, and the pairs that were found."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.face.geometry import Rectangle
from shared.domain.face.recognition import SearchScope
from shared.domain.requests import ImageSource


@dataclass(frozen=True, slots=True)
class FaceSource:
    """The faces of an image, or a detected face.

    Attributes:
        source: the image, or a faceId.
        target: selects one face of the image; None: all of them.
    """

    source: ImageSource | str
    target: Rectangle | None = None


@dataclass(frozen=True, slots=True)
class PersonSource:
    """All faces of a person."""

    scope: SearchScope
    person_id: str


@dataclass(frozen=True, slots=True)
class ComparedFace:
    """One face of a pair.

    Attributes:
        index: number of its source among those that the probe is compared with.
        rectangle: in its image.
        face_id: of a detected face.
        persisted_face_id: of a person's face.
    """

    index: int | None = None
    rectangle: Rectangle | None = None
    face_id: str | None = None
    persisted_face_id: str | None = None


@dataclass(frozen=True, slots=True)
class FacePair:
    """A face of the probe and a face that it was compared with.

    Attributes:
        cosine: -1 to 1.
        confidence: 0 to 1, on the scale of verify.
        false_accept_rate: the share of pairs of two people with at least this confidence, on the
            data of the model's fit; None where it was not measured.
    """

    probe: ComparedFace
    against: ComparedFace
    cosine: float
    confidence: float
    false_accept_rate: float | None


@dataclass(frozen=True, slots=True)
class ComparisonRequest:
    """What to compare.

    Attributes:
        recognition_model: the model that images are embedded for; None: that of the person's group,
            otherwise recognition_04.
        pairs: maximum number of pairs.
    """

    probe: FaceSource
    against: tuple[FaceSource, ...] | PersonSource
    recognition_model: str | None = None
    pairs: int = 10


@dataclass(frozen=True, slots=True)
class FaceComparison:
    """The best pairs, best first, and the names of images without a face."""

    pairs: tuple[FacePair, ...]
    without_faces: tuple[str, ...]
