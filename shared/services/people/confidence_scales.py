"""Scales of confidences: the curve that maps scores to them, and measured rates."""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.collections import CollectionKey
from shared.domain.face.recognition import ConfidenceScale
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.models import Knots
from shared.services.recognition.comparison import Comparison
from shared.services.recognition.identification import Identification

_STEPS = 50
"""Points of a curve per unit of the score."""


class ConfidenceScales:
    """Describes the scales on which confidences are given.

    Args:
        model: the embedding model whose pairs are described.
    """

    def __init__(self, comparison: Comparison, model: str, identification: Identification) -> None:
        self._comparison = comparison
        self._model = model
        self._identification = identification

    def of_pairs(self) -> ConfidenceScale:
        """The scale of verify, compare, find similar and group."""
        return ConfidenceScale(
            threshold=SAME_PERSON_CONFIDENCE,
            normalised=self._comparison.corrects(self._model),
            curve=_curve(lambda score: self._comparison.confidence(self._model, score)),
            rates=self._comparison.false_accepts(self._model),
        )

    def of_group(self, group: CollectionKey) -> ConfidenceScale:
        """The scale of identify in a trained group of its current size.

        Raises:
            CollectionNotFound, NotTrained, TrainingNotFinished: the group cannot be searched.
        """
        scale = self._identification.scale(group)
        return ConfidenceScale(
            threshold=scale.default,
            normalised=scale.normalised,
            curve=_curve(scale.confidence),
            rates=scale.strangers,
        )


def _curve(confidence: Callable[[float], float]) -> Knots:
    """The part of a curve between its last 0 and its first 1, both included."""
    scores = [step / _STEPS for step in range(-_STEPS, _STEPS + 1)]
    points = [(score, confidence(score)) for score in scores]
    first = max((place for place, (_, value) in enumerate(points) if value <= 0), default=0)
    last = next((place for place, (_, value) in enumerate(points) if value >= 1), len(points))
    return tuple(points[first : last + 1])
