"""What searches a collection: the seam between identification and the kinds of index."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """A person and the cosine of its best face with the probe, -1 to 1."""

    person_id: str
    cosine: float


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """A face, whose it is, and its cosine with the probe, -1 to 1."""

    face_id: str
    person_id: str
    cosine: float


class VectorIndex(Protocol):
    """The faces of a collection as of its last training, less what was deleted since."""

    @property
    def model(self) -> str:
        """The embedding model of every vector."""
        ...

    def nearest_persons(
        self, probes: NDArray[np.float32], *, count: int, floor: float = -1.0
    ) -> list[list[PersonMatch]]:
        """The persons whose best faces are nearest to each probe.

        Args:
            probes: float32, (probes, dimension), unit length.
            count: how many persons at most.
            floor: persons below this cosine may be left out; the higher, the faster.

        Returns:
            For each probe at most ``count`` persons, best first; equal ones in order of id.
        """
        ...

    def nearest_faces(self, probes: NDArray[np.float32], *, count: int) -> list[list[FaceMatch]]:
        """The faces nearest to each probe; at most ``count``, best first."""
        ...


class TrainedCollection(Protocol):
    """What one training left to search, wherever it lies."""

    def without(self, deleted: Collection[bytes]) -> VectorIndex:
        """The faces less those of deleted persons and deleted faces.

        Args:
            deleted: ids of either, 16 bytes each.
        """
        ...

    def recall(self, deletions: int) -> VectorIndex | None:
        """What was last remembered, if it was for that many deletions."""
        ...

    def remember(self, deletions: int, faces: VectorIndex) -> None:
        """Keep what ``without`` answered for as long as no further deletion happens."""
        ...
