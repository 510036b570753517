"""Checks that imported embeddings can be compared with those that this service makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from shared.domain.errors import shown
from shared.services.archive.entries import FaceEntry, bad_line

_LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model whose embeddings this service compares.

    Attributes:
        name: as stored with its embeddings.
        dimension: number of components.
    """

    name: str
    dimension: int


class EmbeddingModels:
    """The embedding model of each recognition model.

    Args:
        standard: of Azure's recognition models.
        own: of custom recognition models, by name.
    """

    def __init__(self, standard: EmbeddingModel, own: Mapping[str, EmbeddingModel]) -> None:
        self._standard = standard
        self._own = own

    @property
    def names(self) -> frozenset[str]:
        """The names of all models."""
        return frozenset(one.name for one in (self._standard, *self._own.values()))

    def check(self, faces: Iterable[FaceEntry], recognition_model: str | None) -> None:
        """Check the embeddings of some faces.

        Args:
            recognition_model: of their collection; None: of the person directory.

        Raises:
            BadArgument: one was made by another model, or is malformed.
        """
        expected = self._own.get(recognition_model or "", self._standard)
        for face in faces:
            if face.embedding is not None:
                _check(face, expected)


def _check(face: FaceEntry, expected: EmbeddingModel) -> None:
    embedding = face.embedding
    if embedding is None:
        return
    if embedding.model != expected.name:
        raise bad_line(
            face.line,
            f"the embedding is of the model {shown(embedding.model)}, this collection compares"
            f" those of {expected.name}. Export without embeddings and enrol the images again"
            " (lineament re-enrol), or import where that model is in use.",
        )
    vector = embedding.vector
    if vector.shape != (expected.dimension,):
        raise bad_line(
            face.line,
            f"the embedding has {vector.size} numbers, those of {expected.name} have"
            f" {expected.dimension}.",
        )
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if not abs(length - 1.0) <= _LENGTH_TOLERANCE:
        raise bad_line(face.line, "the embedding is damaged: its length is not 1.")
