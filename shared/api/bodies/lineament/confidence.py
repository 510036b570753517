"""JSON bodies of the scales of confidences."""

from __future__ import annotations

from typing import Literal

from shared.api.bodies.members import Confidence, Cosine, Share
from shared.api.bodies.wire import Wire


class CurvePointAnswer(Wire, frozen=True):
    """A score and its confidence."""

    score: Cosine
    confidence: Confidence


class RateAnswer(Wire, frozen=True):
    """A confidence, and the share of others that reach it, on the data of the model's fit."""

    confidence: Confidence
    share: Share


class ConfidenceAnswer(Wire, frozen=True):
    """A scale of confidences.

    ``score`` says what the scores of ``curve`` are: cosines, or those that are normalised by the
    collection or, of pairs, lowered by the operator's cohort. ``rates`` are measured shares: of
    ``pairs`` of two people, or of ``strangers`` who are searched in the collection.
    """

    score: Literal["cosine", "normalizedScore"]
    threshold: Confidence
    curve: list[CurvePointAnswer]
    rates_of: Literal["pairs", "strangers"]
    rates: list[RateAnswer]
