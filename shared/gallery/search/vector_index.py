"""What searches a collection: the seam between identification and the kinds of index."""

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
"""Persons: scores of smaller galleries may be corrected by an operator's cohort, for which a search
returns means of faces."""


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """A person that may be the probe's.

    Attributes:
        cosine: with the probe, -1 to 1, of the person's best face or of the mean of its faces.
        score: what persons are ranked by: the cosine, less what is subtracted from it where scores
            are normalised.
        vector: float32, (dimension,), unit length: the mean of the person's faces; None where the
            index does not return it, and in galleries of ``CORRECTED_BELOW`` persons or more.
    """

    person_id: str
    cosine: float
    score: float
    vector: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class GallerySize:
    """What a threshold depends on.

    Attributes:
        persons: how many persons may be found.
        normalised: whether scores are normalised.
        of_probes: whether the probe's own cohort mean is part of that.
    """

    persons: int
    normalised: bool
    of_probes: bool = True


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """A face, whose it is, and its cosine with the probe, -1 to 1.

    Attributes:
        vector: float32, (dimension,), its embedding; None where the index does not return it.
    """

    face_id: str
    person_id: str
    cosine: float
    vector: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Deleted:
    """Ids of deleted persons and faces.

    Attributes:
        ids: 16 bytes each. Ids are only ever appended; the identity of the list says which ids an
            earlier call had.
        count: how many of the list belong to this value.
    """

    ids: Sequence[bytes]
    count: int

    def since(self, count: int) -> Sequence[bytes]:
        """The ids after the first ``count``."""
        return self.ids[count : self.count]


class VectorIndex(Protocol):
    """The faces of a collection as of its last training, less what was deleted since."""

    @property
    def model(self) -> str:
        """The embedding model of every vector."""
        ...

    @property
    def size(self) -> GallerySize:
        """How many persons there are, and how they are scored."""
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
            count: how many persons at most.
            floor: persons below this score may be left out; the higher, the faster.
            least: what is subtracted from a cosine at least, where scores are normalised; None:
                nothing is subtracted, and persons are ranked by their best faces.
            handicaps: what is further subtracted from the cosines of each probe, within the bounds
                of what is subtracted in all; None: nothing.

        Returns:
            For each probe at most ``count`` persons, best first; equal ones in order of id.
        """
        ...

    def nearest_faces(self, probes: NDArray[np.float32], *, count: int) -> list[list[FaceMatch]]:
        """The faces nearest to each probe; at most ``count``, best first."""
        ...


class TrainedCollection(Protocol):
    """What one training left to search, wherever it lies."""

    @property
    def outdated(self) -> bool:
        """Whether it was written in an older format, without a cohort."""
        ...

    def excluding(self, deleted: Deleted) -> VectorIndex:
        """The faces less those of deleted persons and deleted faces.

        The cost of a call grows with what was added to ``deleted`` since the last call only.
        """
        ...
