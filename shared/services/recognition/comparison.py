"""Compares embeddings: scores, confidences and measured error rates."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import BadArgument
from shared.domain.models import Knots
from shared.domain.values import Embedding
from shared.gallery.normalisation.crowding import FaceCrowding

_DIGITS = 5


class ConfidenceCurve(Protocol):
    """A rising map from cosine similarity to confidence, fitted for one embedding model."""

    def confidence(self, cosine: float) -> float:
        """Confidence, 0 to 1, of a cosine, -1 to 1."""
        ...

    def cosine(self, confidence: float) -> float:
        """The cosine whose confidence is the given one."""
        ...


class CosineCorrection(Protocol):
    """Lowers cosines of faces that resemble many others."""

    @property
    def digest(self) -> str:
        """Distinguishes it from other corrections; not empty."""
        ...

    def subtracted(
        self, ones: NDArray[np.float32], others: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The correction that is subtracted from the cosines of faces with others; at least 0.

        Args:
            ones, others: float32, (n, dimension) and (m, dimension), unit rows.

        Returns:
            float32, (n, m).
        """
        ...

    def crowding(self, vectors: NDArray[np.float32]) -> FaceCrowding:
        """The crowding of some faces, for many comparisons among them."""
        ...


class Comparison:
    """Compares embeddings of one model; refuses to compare across models.

    Args:
        curves: by embedding model.
        false_accepts: by embedding model, the measured (confidence, rate) knots, rising in
            confidence.
        corrections: by embedding model, the correction of cosines, if the operator has a cohort.
    """

    def __init__(
        self,
        curves: Mapping[str, ConfidenceCurve],
        false_accepts: Mapping[str, Knots] | None = None,
        corrections: Mapping[str, CosineCorrection] | None = None,
    ) -> None:
        self._curves = curves
        self._false_accepts = false_accepts or {}
        self._corrections = corrections or {}

    def confidence(self, model: str, score: float) -> float:
        """The confidence, 0 to 1, of a score of ``scores``."""
        return round(self._curves[model].confidence(score), _DIGITS)

    def scores(
        self, model: str, ones: NDArray[np.float32], others: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The scores of faces with others: their cosines, lowered by the operator's cohort.

        Args:
            ones, others: float32, (n, dimension) and (m, dimension), unit rows of the model.

        Returns:
            float32, (n, m), at most 1.
        """
        cosines: NDArray[np.float32] = np.clip(ones @ others.T, np.float32(-1), np.float32(1))
        correction = self._corrections.get(model)
        return cosines if correction is None else cosines - correction.subtracted(ones, others)

    def crowding(self, model: str, vectors: NDArray[np.float32]) -> FaceCrowding | None:
        """The crowding that lowers the cosines between some faces; None: cosines are not lowered.

        Args:
            vectors: float32, (n, dimension), unit rows of the model.
        """
        correction = self._corrections.get(model)
        return None if correction is None else correction.crowding(vectors)

    def corrects(self, model: str) -> bool:
        """Whether scores of a model differ from cosines."""
        return model in self._corrections

    def correction(self, model: str) -> str:
        """The digest of the correction of a model's cosines; empty: there is none."""
        correction = self._corrections.get(model)
        return "" if correction is None else correction.digest

    def least_cosine(self, model: str, confidence: float) -> float:
        """A cosine, or score, below which every confidence is less than the given one.

        Confidences are rounded to five digits.
        """
        return self._curves[model].cosine(confidence - 10**-_DIGITS)

    def false_accepts(self, model: str) -> Knots:
        """Confidences, rising, and the measured shares of pairs of two people that reach them."""
        return self._false_accepts.get(model, ())

    def false_accept_rate(self, model: str, confidence: float) -> float | None:
        """The share of pairs of two people that reach a confidence, on the data of the model's fit.

        It is interpolated between measured rates on a logarithmic scale. Above the last measured
        confidence the last rate is an upper bound; below the first no rate is known.

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
        """The confidence, 0 to 1, that two faces are one person's.

        Raises:
            BadArgument: the embeddings come from different models.
        """
        return self.best(one, [other])

    def best(self, probe: Embedding, gallery: Iterable[Embedding]) -> float:
        """The confidence of the most similar of several faces.

        Args:
            gallery: at least one face.

        Raises:
            BadArgument: the embeddings come from different models.
        """
        others = list(gallery)
        if any(one.model != probe.model for one in others):
            raise incompatible_models()
        vectors = np.stack([one.vector for one in others])
        return self.confidence(
            probe.model, float(self.scores(probe.model, probe.vector[None], vectors).max())
        )


def incompatible_models() -> BadArgument:
    """The error for a comparison across recognition models."""
    return BadArgument("'recognitionModel' is incompatible.")
