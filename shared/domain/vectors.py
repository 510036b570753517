"""Values exchanged with an external vector index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SUFFIX = ".vectors"
_NORMALISED = "n"

UNKNOWN_FACES = 1_000_000
"""Assumed if a name does not contain the number of faces: the smallest collection that the vector
index held when such names were written."""


@dataclass(frozen=True, slots=True)
class VectorVersion:
    """A training whose faces are in a vector index; its name contains all attributes.

    Attributes:
        identifier: the id of the training.
        buckets: number of partitions that the faces are spread over, 1 or 16.
        model: the embedding model of every vector.
        dimension: number of components of a vector.
        faces: approximate number of faces; older names do not contain it.
        normalised: whether the faces have cohort means; False for older names.
    """

    identifier: str
    buckets: int
    model: str
    dimension: int
    faces: int = UNKNOWN_FACES
    normalised: bool = False

    @property
    def name(self) -> str:
        """The version's name in training records and blobs."""
        spread = f"{self.buckets}x{self.faces}{_NORMALISED if self.normalised else ''}"
        return f"{self.identifier}.{spread}.{self.dimension}.{self.model}{_SUFFIX}"

    @classmethod
    def parse(cls, name: str) -> VectorVersion | None:
        """Parse a name; None if it names a snapshot."""
        if not name.endswith(_SUFFIX):
            return None
        identifier, spread, dimension, model = name.removesuffix(_SUFFIX).split(".", 3)
        buckets, _, faces = spread.removesuffix(_NORMALISED).partition("x")
        return cls(
            identifier,
            int(buckets),
            model,
            int(dimension),
            int(faces or UNKNOWN_FACES),
            normalised=spread.endswith(_NORMALISED),
        )


@dataclass(frozen=True, slots=True, eq=False)
class VectorRow:
    """A face in the vector index, or the mean of a person's faces.

    Attributes:
        person_id: 16 bytes.
        face_id: 16 bytes; None: the row is a mean.
        vector: float32, (dimension,), unit length.
        cohort_mean: the mean cosine with the nearest faces of other persons, -1 to 1, plus the
            handicap of the face or, for a mean, the mean handicap of the faces; None: scores are
            not normalised.
        several: for a face, whether its person has several faces.
        mean_of: for a mean, the ids of the faces.
    """

    person_id: bytes
    face_id: bytes | None
    vector: NDArray[np.float32]
    cohort_mean: float | None = None
    several: bool = False
    mean_of: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """A row of a vector index and its cosine with a probe, -1 to 1; see VectorRow.

    Attributes:
        face_id: None: the row is a mean.
    """

    person_id: str
    face_id: str | None
    cosine: float
    cohort_mean: float | None = None
    several: bool = False
    mean_of: tuple[str, ...] = ()
