"""Values exchanged with an external vector index."""

from __future__ import annotations

from dataclasses import dataclass

_SUFFIX = ".vectors"

UNKNOWN_FACES = 1_000_000
"""Assumed where a name does not contain the number of faces: the vector index begins there."""


@dataclass(frozen=True, slots=True)
class VectorVersion:
    """A training whose faces are in a vector index; its name contains all of these members.

    Attributes:
        identifier: of this training.
        buckets: number of partitions that the faces are spread over, 1 or 16.
        model: the embedding model of every vector.
        dimension: number of components of a vector.
        faces: about how many faces there are; older names do not contain it.
    """

    identifier: str
    buckets: int
    model: str
    dimension: int
    faces: int = UNKNOWN_FACES

    @property
    def name(self) -> str:
        """The version's name in training records and blobs."""
        spread = f"{self.buckets}x{self.faces}"
        return f"{self.identifier}.{spread}.{self.dimension}.{self.model}{_SUFFIX}"

    @classmethod
    def parse(cls, name: str) -> VectorVersion | None:
        """Parse a name; None if it names a snapshot."""
        if not name.endswith(_SUFFIX):
            return None
        identifier, spread, dimension, model = name.removesuffix(_SUFFIX).split(".", 3)
        buckets, _, faces = spread.partition("x")
        return cls(identifier, int(buckets), model, int(dimension), int(faces or UNKNOWN_FACES))


@dataclass(frozen=True, slots=True)
class ScoredFace:
    """A face, its person, and its cosine with a probe, -1 to 1."""

    person_id: str
    face_id: str
    cosine: float
