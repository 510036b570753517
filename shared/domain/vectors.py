"""What a vector index outside of the process is told and answers."""

from __future__ import annotations

from dataclasses import dataclass

_SUFFIX = ".vectors"


@dataclass(frozen=True, slots=True)
class VectorVersion:
    """A training whose faces lie in a vector index; what there is to know of it is in its name.

    Attributes:
        identifier: of this training.
        buckets: over how many partitions the faces are spread, 1 or 16.
        model: the embedding model of every vector.
        dimension: components of a vector.
    """

    identifier: str
    buckets: int
    model: str
    dimension: int

    @property
    def name(self) -> str:
        """The version as training records and blobs name it."""
        return f"{self.identifier}.{self.buckets}.{self.dimension}.{self.model}{_SUFFIX}"

    @classmethod
    def parse(cls, name: str) -> VectorVersion | None:
        """The version of that name; None where it names a snapshot."""
        if not name.endswith(_SUFFIX):
            return None
        identifier, buckets, dimension, model = name.removesuffix(_SUFFIX).split(".", 3)
        return cls(identifier, int(buckets), model, int(dimension))


@dataclass(frozen=True, slots=True)
class ScoredFace:
    """A face, whose it is, and its cosine with a probe, -1 to 1."""

    person_id: str
    face_id: str
    cosine: float
