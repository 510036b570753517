"""The confidence of identification: on the score that ranks, for the size of the gallery.

The more persons a gallery has, the nearer the nearest stranger comes. So 0.5, the default, stands
for another score in each size: for one that about one stranger in a hundred reaches. Higher
confidences stand for fewer. Two kinds of score have a scale:

- *Normalised* ones, of models that were fitted (docs/accuracy.md has the data and the rates).
- *Raw* cosines, of other models and of trainings without a cohort. There the cosines of different
  persons are taken to be normally distributed about zero, with the deviation that the model's own
  curve implies: its confidence 0.5 is reached by one pair of different persons in 2,000. For SFace
  that gives 0.44 at 100 persons and 0.52 at 2,000, where 0.43 and 0.52 were measured.

In both, 0.5 never stands for a lower cosine than it does in verify.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.models import UNCOUNTED, IdentificationFit, Knots, LengthRule
from shared.domain.values import Candidate, Embedding
from shared.gallery.search.vector_index import GallerySize, PersonMatch
from shared.services.recognition.comparison import ConfidenceCurve

DEFAULT_FALSE_POSITIVES = 0.01
"""The share of strangers that confidence 0.5 stands for."""

_FALSE_POSITIVES: Knots = ((0.001, 0.7), (0.003, 0.6), (0.01, 0.5), (0.05, 0.4), (0.2, 0.3))
"""Shares of strangers and the confidences that stand for them, on adults of LFW."""

_FALSE_ACCEPTS = 5e-4
"""The share of pairs of different persons that confidence 0.5 stands for in verify."""

_DIGITS = 5
_FAMILIAR_SCORE, _FAMILIAR_CONFIDENCE = 0.40, 0.9
"""The least normalised score of an image that is enrolled itself: 1 - 0.52 - 0.08."""

_INDEX_HANDICAP = 0.01
"""By which 0.5 stands for a higher score where the probe's cohort mean is not known, as measured on
Families in the Wild; 0.006 on Labeled Faces in the Wild."""

_ROUNDING = 1e-5
_UNSTRETCHED: Knots = ((-4.0, -4.0), (4.0, 4.0))
_LOWEST = 0.6
"""So far below the threshold a normalised score has confidence 0."""


@dataclass(frozen=True, slots=True)
class KnotCurve:
    """A rising curve of straight lines from score to confidence."""

    knots: Knots

    def confidence(self, score: float) -> float:
        """The confidence, 0 to 1, of a score."""
        return _interpolated(self.knots, score)

    def cosine(self, confidence: float) -> float:
        """The score whose confidence is the given one."""
        return _interpolated(_inverse(self.knots), confidence)


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of one gallery.

    Attributes:
        curve: from stretched scores to confidence.
        stretch: knots from scores to what the curve takes.
        default: the confidence required where the caller names none.
        least_subtracted: what is subtracted from a cosine at least; None: raw cosines rank.
        least_cosine: what a candidate's cosine must be where the caller names no threshold.
        strangers: confidences, rising, and the shares of strangers that reach them.
        length: what the length of a searched face's embedding counts.
    """

    curve: ConfidenceCurve
    stretch: Knots
    default: float
    least_subtracted: float | None
    least_cosine: float
    strangers: Knots
    length: LengthRule = UNCOUNTED

    @property
    def normalised(self) -> bool:
        """Whether scores are normalised; otherwise they are cosines."""
        return self.least_subtracted is not None

    def handicaps(self, probes: Sequence[Embedding]) -> list[float]:
        """What is subtracted from the scores of each searched face for its length."""
        return [self.length.handicap(probe.length) for probe in probes]

    def confidence(self, score: float) -> float:
        """The confidence, 0 to 1, of a score."""
        return round(self.curve.confidence(_interpolated(self.stretch, score)), _DIGITS)

    def candidates(self, matches: Sequence[PersonMatch], *, of_default: bool) -> list[Candidate]:
        """The persons with their confidences, in the same order.

        Args:
            of_default: whether the caller named no threshold: then persons are left out whose
                cosine verify would not call the same person's, whatever the default is.
        """
        return [
            Candidate(match.person_id, self.confidence(match.score))
            for match in matches
            if not of_default or match.cosine >= self.least_cosine
        ]

    def least_score(self, confidence: float) -> float:
        """A score below which every confidence, rounded as above, is less than the given one."""
        if confidence <= 10**-_DIGITS:
            return -2.0
        wanted = self.curve.cosine(confidence - 10**-_DIGITS)
        return _interpolated(_inverse(self.stretch), wanted)


@dataclass(frozen=True, slots=True)
class RankedPersons:
    """What a search found: for each probe the nearest persons, best first, and their scale."""

    scale: Scale
    matches: Sequence[Sequence[PersonMatch]]


class IdentificationScales:
    """The scales of all models.

    Args:
        curves: embedding model to its curve of verification.
        fits: embedding model to what its identification was fitted to.
        false_positives: share of strangers, 0.001 to 0.2, that the default threshold stands for.
    """

    def __init__(
        self,
        curves: Mapping[str, ConfidenceCurve],
        fits: Mapping[str, IdentificationFit],
        *,
        false_positives: float = DEFAULT_FALSE_POSITIVES,
    ) -> None:
        self._curves = curves
        self._fits = fits
        self._false_positives = false_positives

    def scale(self, model: str, size: GallerySize) -> Scale:
        """The scale of a gallery whose embeddings are a model's."""
        same = self._curves[model].cosine(SAME_PERSON_CONFIDENCE)
        persons = max(1, size.persons)
        fit = self._fits.get(model)
        if size.normalised and fit is not None:
            return self._normalised(fit, same, persons, of_probes=size.of_probes)
        return self._raw(self._curves[model], same, persons)

    def _normalised(
        self, fit: IdentificationFit, same: float, persons: int, *, of_probes: bool
    ) -> Scale:
        threshold = _by_size(fit.thresholds, persons)
        if not of_probes:
            threshold = _index_threshold(fit, persons)
        least = same - threshold
        knots = (
            (threshold - _LOWEST, 0.0),
            *((threshold + above, confidence) for above, confidence in fit.confidences),
            (_FAMILIAR_SCORE, _FAMILIAR_CONFIDENCE),
            (1 - least, 1.0),
        )
        default = _interpolated(_logarithmic(_FALSE_POSITIVES), math.log(self._false_positives))
        return Scale(
            KnotCurve(knots),
            _UNSTRETCHED,
            round(default, _DIGITS),
            least,
            same - _ROUNDING,
            tuple(sorted(_inverse(_FALSE_POSITIVES))),
            fit.length,
        )

    def _raw(self, curve: ConfidenceCurve, same: float, persons: int) -> Scale:
        """The model's own curve, moved so that 0.5 lies at the threshold."""
        threshold = _raw_threshold(same, persons, DEFAULT_FALSE_POSITIVES)
        stretch = ((threshold - same - 1, -1.0), (threshold, same), (1.0, 1.0))
        wanted = _raw_threshold(same, persons, self._false_positives)
        default = round(curve.confidence(_interpolated(stretch, wanted)), _DIGITS)
        strangers = ((SAME_PERSON_CONFIDENCE, DEFAULT_FALSE_POSITIVES),)
        return Scale(curve, stretch, default, None, same - _ROUNDING, strangers)


def _raw_threshold(same: float, persons: int, false_positives: float) -> float:
    """The cosine that a share of strangers reaches among so many persons; see above."""
    normal = NormalDist(0, same / NormalDist().inv_cdf(1 - _FALSE_ACCEPTS))
    return max(same, normal.inv_cdf(1 - false_positives / persons))


def _by_size(thresholds: Knots, persons: int) -> float:
    return _interpolated(_logarithmic(thresholds), math.log(persons))


def _index_threshold(fit: IdentificationFit, persons: int) -> float:
    if fit.index_thresholds:
        return _by_size(fit.index_thresholds, persons)
    return _by_size(fit.thresholds, persons) + _INDEX_HANDICAP


def _inverse(knots: Knots) -> Knots:
    return tuple((y, x) for x, y in knots)


def _logarithmic(knots: Knots) -> Knots:
    return tuple((math.log(x), y) for x, y in knots)


def _interpolated(knots: Sequence[tuple[float, float]], x: float) -> float:
    """The value at x of straight lines through knots that rise in x; beyond them it is cut off."""
    place = bisect_right(knots, (x, math.inf))
    if place in (0, len(knots)):
        return knots[min(place, len(knots) - 1)][1]
    (x0, y0), (x1, y1) = knots[place - 1], knots[place]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
