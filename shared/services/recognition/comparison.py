"""Two embeddings to one confidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from shared.domain.errors import BadArgument
from shared.domain.values import Embedding

_DIGITS = 5


class ConfidenceCurve(Protocol):
    """A rising map from cosine similarity to confidence, fitted for one embedding model."""

    def confidence(self, cosine: float) -> float:
        """Confidence, 0 to 1, of a cosine, -1 to 1."""
        ...

    def cosine(self, confidence: float) -> float:
        """The cosine whose confidence is the given one."""
        ...


class Comparison:
    """Compares embeddings of one model; refuses to compare across models."""

    def __init__(self, curves: Mapping[str, ConfidenceCurve]) -> None:
        self._curves = curves

    def confidence(self, model: str, cosine: float) -> float:
        """The confidence, 0 to 1, that a cosine stands for under an embedding model."""
        return round(self._curves[model].confidence(cosine), _DIGITS)

    def least_cosine(self, model: str, confidence: float) -> float:
        """A cosine below which every confidence, rounded as above, is less than the given one."""
        return self._curves[model].cosine(confidence - 10**-_DIGITS)

    def compare(self, one: Embedding, other: Embedding) -> float:
        """How sure it is that two faces are one person, 0 to 1.

        Raises:
            BadArgument: the embeddings come from different models.
        """
        if one.model != other.model:
            raise incompatible_models()
        cosine = float(one.vector @ other.vector)
        return self.confidence(one.model, min(1.0, max(-1.0, cosine)))

    def best(self, probe: Embedding, gallery: Iterable[Embedding]) -> float:
        """The confidence of the nearest of several faces, which must not be none."""
        return max(self.compare(probe, embedding) for embedding in gallery)


def incompatible_models() -> BadArgument:
    """What is said to whoever compares across recognition models."""
    return BadArgument("'recognitionModel' is incompatible.")
