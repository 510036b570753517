"""JSON bodies of the scales of confidences."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from shared.api.bodies.members import Confidence
from shared.api.bodies.wire import Wire

_Score = Annotated[float, msgspec.Meta(extra_json_schema={"minimum": -1, "maximum": 1})]
_Share = Annotated[float, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": 1})]


class CurvePointAnswer(Wire, frozen=True):
    """A score and the confidence that it stands for."""

    score: _Score
    confidence: Confidence


class RateAnswer(Wire, frozen=True):
    """A confidence, and the share of others that reach it, on the data of the model's fit."""

    confidence: Confidence
    share: _Share


class ConfidenceAnswer(Wire, frozen=True):
    """A scale of confidences.

    ``score`` is explain's ``cosine`` or ``normalizedScore``, which of pairs is the cosine as the
    operator's cohort lowers it. ``rates`` are measured shares: of
    ``pairs`` of two people, or of ``strangers`` who are searched in the collection.
    """

    score: Literal["cosine", "normalizedScore"]
    threshold: Confidence
    curve: list[CurvePointAnswer]
    rates_of: Literal["pairs", "strangers"]
    rates: list[RateAnswer]
