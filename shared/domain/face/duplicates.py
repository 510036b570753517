"""Values of the search for duplicates: what is found in a collection's enrolled faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FaceOf:
    """A persisted face and its person."""

    person_id: str
    face_id: str


@dataclass(frozen=True, slots=True)
class AlikePersons:
    """Two persons who look like one.

    Attributes:
        faces: the face of each that gives the highest score, in order of personId.
        cosine: of these faces, -1 to 1.
        score: the cosine, or less where an operator's cohort lowers it; ranks pairs.
    """

    faces: tuple[FaceOf, FaceOf]
    cosine: float
    score: float


@dataclass(frozen=True, slots=True)
class MixedPerson:
    """A person whose faces look like those of two people.

    Attributes:
        groups: persistedFaceIds; the larger group first.
        cosine: the highest cosine of two faces of different groups, -1 to 1.
    """

    person_id: str
    groups: tuple[tuple[str, ...], tuple[str, ...]]
    cosine: float


@dataclass(frozen=True, slots=True)
class FoundDuplicates:
    """What a whole search found.

    Attributes:
        model: the embedding model of the faces.
        computed: when the search ended.
        pairs: the most similar first.
        mixed: the least similar groups first.
    """

    model: str
    computed: datetime
    pairs: Sequence[AlikePersons]
    mixed: Sequence[MixedPerson]


@dataclass(frozen=True, slots=True)
class NamedPair:
    """Two persons who look like one, with their names.

    Attributes:
        confidence: that their faces are one person's, 0 to 1, on the scale of verify.
    """

    alike: AlikePersons
    names: tuple[str, str]
    confidence: float


@dataclass(frozen=True, slots=True)
class NamedMixture:
    """A person whose faces look like those of two people, with the name.

    Attributes:
        confidence: that the groups are one person's, 0 to 1, on the scale of verify.
    """

    mixed: MixedPerson
    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """A page of what was found, without what has been deleted since.

    Attributes:
        continuation: where the next page begins; None after the last pair.
    """

    computed: datetime
    pairs: Sequence[NamedPair]
    mixed: Sequence[NamedMixture]
    continuation: str | None


@dataclass(frozen=True, slots=True)
class DuplicatesRunning:
    """The search is running.

    Attributes:
        percent: how much of it is done, 0 to 99.
    """

    percent: int
