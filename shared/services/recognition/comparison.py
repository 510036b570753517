"""Two embeddings to one confidence."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Protocol

from shared.domain.errors import BadArgument
from shared.domain.models import Knots
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
    """Compares embeddings of one model; refuses to compare across models.

    Args:
        curves: embedding model to its curve.
        false_accepts: embedding model to its (confidence, rate) knots, rising in confidence, where
            they were measured.
    """

    def __init__(
        self,
        curves: Mapping[str, ConfidenceCurve],
        false_accepts: Mapping[str, Knots] | None = None,
    ) -> None:
        self._curves = curves
        self._false_accepts = false_accepts or {}

    def confidence(self, model: str, cosine: float) -> float:
        """The confidence, 0 to 1, that a cosine stands for under an embedding model."""
        return round(self._curves[model].confidence(cosine), _DIGITS)

    def least_cosine(self, model: str, confidence: float) -> float:
        """A cosine below which every confidence, rounded as above, is less than the given one."""
        return self._curves[model].cosine(confidence - 10**-_DIGITS)

    def false_accepts(self, model: str) -> Knots:
        """Confidences, rising, and the shares of pairs of two people that reach them; measured."""
        return self._false_accepts.get(model, ())

    def false_accept_rate(self, model: str, confidence: float) -> float | None:
        """The share of pairs of two people that reach a confidence, on the data of the model's fit.

        Between measured rates it is interpolated, on a logarithmic scale. A confidence above the
        last one has the last rate, which is an upper bound; none is known below the first.

        Returns:
            0 to 1; None where no rate is known.
        """
        knots = self._false_accepts.get(model, ())
        if not knots or confidence < knots[0][0]:
            return None
        place = bisect_right(knots, (confidence, math.inf))
        if place == len(knots):
            return knots[-1][1]
        (low, rate), (high, next_rate) = knots[place - 1], knots[place]
        share = (confidence - low) / (high - low)
        return float(f"{rate * (next_rate / rate) ** share:.2g}")

    def compare(self, one: Embedding, other: Embedding) -> float:
        """How sure it is that two faces are one person, 0 to 1.

        Raises:
            BadArgument: the embeddings come from different models.
        """
        return self.confidence(one.model, cosine_of(one, other))

    def best(self, probe: Embedding, gallery: Iterable[Embedding]) -> float:
        """The confidence of the nearest of several faces, which must not be none."""
        return max(self.compare(probe, embedding) for embedding in gallery)


def cosine_of(one: Embedding, other: Embedding) -> float:
    """The cosine, -1 to 1, of two embeddings.

    Raises:
        BadArgument: they come from different models.
    """
    if one.model != other.model:
        raise incompatible_models()
    return min(1.0, max(-1.0, float(one.vector @ other.vector)))


def incompatible_models() -> BadArgument:
    """The error for a comparison across recognition models."""
    return BadArgument("'recognitionModel' is incompatible.")
