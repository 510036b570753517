"""Protocols and values of searches: the seam between identification and the kinds of index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NO_FLOOR = -2.0
"""Below every score: a search with this floor leaves no person out."""

CORRECTED_BELOW = 400
"""Number of persons below which an operator's cohort may correct scores; searches of such galleries
therefore return the means of persons' faces."""


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """A person that may be the probe's.

    Attributes:
        cosine: with the probe, -1 to 1, of the person's best face or of the mean of its faces.
        score: persons are ranked by it: the cosine, less what is subtracted if scores are
            normalised.
        vector: float32, (dimension,), unit length: the mean of the person's faces; None if the
            index does not return it, and in galleries of ``CORRECTED_BELOW`` persons or more.
    """

    person_id: str
    cosine: float
    score: float
    vector: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class GallerySize:
    """The properties of a gallery that a threshold depends on.

    Attributes:
        persons: number of persons that may be found.
        normalised: whether scores are normalised.
        of_probes: whether the probe's cohort mean is used to normalise them.
    """

    persons: int
    normalised: bool
    of_probes: bool = True


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """A face, its person, and its cosine with the probe, -1 to 1.

    Attributes:
        vector: float32, (dimension,), its embedding; None if the index does not return it.
    """

    face_id: str
    person_id: str
    cosine: float
    vector: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Deleted:
    """Ids of deleted persons and faces.

    Attributes:
        ids: 16 bytes each. Ids are only appended, so that a later value with the same list object
            contains the first ``count`` ids of an earlier one.
        count: number of ids of the list that belong to this value.
    """

    ids: Sequence[bytes]
    count: int

    def since(self, count: int) -> Sequence[bytes]:
        """The ids after the first ``count``."""
        return self.ids[count : self.count]


class VectorIndex(Protocol):
    """The faces of a collection as of its last training, without those deleted since."""

    @property
    def model(self) -> str:
        """The embedding model of every vector."""
        ...

    @property
    def size(self) -> GallerySize:
        """The number of persons and how they are scored."""
        ...

    def nearest_persons(
        self,
        probes: NDArray[np.float32],
        *,
        count: int,
        floor: float = NO_FLOOR,
        least: float | None = None,
        handicaps: Sequence[float] | None = None,
    ) -> list[list[PersonMatch]]:
        """The persons with the highest scores for each probe.

        Args:
            probes: float32, (probes, dimension), unit length.
            count: maximum number of persons.
            floor: persons below this score may be left out; a higher floor is faster.
            least: the minimum subtracted from a cosine, where scores are normalised; None: nothing
                is subtracted, and persons are ranked by their best faces.
            handicaps: what is also subtracted from the cosines of each probe; the bounds of the
                total still apply. None: nothing.

        Returns:
            For each probe at most ``count`` persons, best first; ties in order of id.
        """
        ...

    def nearest_faces(self, probes: NDArray[np.float32], *, count: int) -> list[list[FaceMatch]]:
        """The faces nearest to each probe; at most ``count``, best first."""
        ...


class TrainedCollection(Protocol):
    """The searchable faces of one training, wherever they are stored."""

    @property
    def outdated(self) -> bool:
        """Whether the training was written in an older format, without a cohort."""
        ...

    def excluding(self, deleted: Deleted) -> VectorIndex:
        """The faces without those of deleted persons and without deleted faces.

        The cost of a call depends only on the ids added to ``deleted`` since the last call.
        """
        ...
