"""The confidence of identification, computed from a score and the size of the gallery.

The more persons a gallery has, the more similar its nearest person is to a stranger. The score that
has confidence 0.5, the default threshold, therefore depends on the size: about one stranger in a
hundred reaches it. Fewer strangers reach higher confidences. Two kinds of score have a scale:

- *Normalised* scores, for models with a fit (docs/accuracy.md has the data and the rates).
- *Raw* cosines, for other models and for trainings without a cohort. The cosines of different
  persons are assumed to be normally distributed about zero, with the standard deviation that the
  model's own curve implies: one pair of different persons in 2,000 reaches its confidence 0.5. For
  SFace that gives 0.44 at 100 persons and 0.52 at 2,000; measured were 0.43 and 0.52.

With either kind, the cosine required for 0.5 is at least the one that verify requires.
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
"""The share of strangers that reach confidence 0.5."""

_FALSE_POSITIVES: Knots = ((0.001, 0.7), (0.003, 0.6), (0.01, 0.5), (0.05, 0.4), (0.2, 0.3))
"""Shares of strangers and the confidences that they reach, measured on adults of LFW."""

_FALSE_ACCEPTS = 5e-4
"""The share of pairs of different persons that reach confidence 0.5 in verify."""

_DIGITS = 5
_FAMILIAR_SCORE, _FAMILIAR_CONFIDENCE = 0.40, 0.9
"""The lowest normalised score of an image that is itself enrolled: 1 - 0.52 - 0.08."""

_INDEX_HANDICAP = 0.01
"""Added to the score that has confidence 0.5 where the probe's cohort mean is not known. Measured
on Families in the Wild; on Labeled Faces in the Wild it is 0.006."""

_ROUNDING = 1e-5
_UNSTRETCHED: Knots = ((-4.0, -4.0), (4.0, 4.0))
_LOWEST = 0.6
"""Distance below the threshold at which a normalised score has confidence 0."""


@dataclass(frozen=True, slots=True)
class KnotCurve:
    """A rising, piecewise linear curve from score to confidence."""

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
        stretch: knots of the function from scores to stretched scores.
        default: the confidence required if the caller sets no threshold.
        least_subtracted: the minimum subtracted from a cosine; None: persons are ranked by raw
            cosines.
        least_cosine: the minimum cosine of a candidate if the caller sets no threshold.
        strangers: confidences, rising, and the shares of strangers that reach them.
        length: the effect of the length of the probe's embedding.
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
        """For each probe, what is subtracted from its scores for the length of its embedding."""
        return [self.length.handicap(probe.length) for probe in probes]

    def confidence(self, score: float) -> float:
        """The confidence, 0 to 1, of a score."""
        return round(self.curve.confidence(_interpolated(self.stretch, score)), _DIGITS)

    def candidates(self, matches: Sequence[PersonMatch], *, of_default: bool) -> list[Candidate]:
        """The persons with their confidences, in the same order.

        Args:
            of_default: whether the caller set no threshold. Persons whose cosine verify would not
                accept are then left out, whatever the default is.
        """
        return [
            Candidate(match.person_id, self.confidence(match.score))
            for match in matches
            if not of_default or match.cosine >= self.least_cosine
        ]

    def least_score(self, confidence: float) -> float:
        """A score below which every rounded confidence is less than the given one."""
        if confidence <= 10**-_DIGITS:
            return -2.0
        wanted = self.curve.cosine(confidence - 10**-_DIGITS)
        return _interpolated(_inverse(self.stretch), wanted)


@dataclass(frozen=True, slots=True)
class RankedPersons:
    """The result of a search: for each probe the nearest persons, best first, and their scale."""

    scale: Scale
    matches: Sequence[Sequence[PersonMatch]]


class IdentificationScales:
    """The scales of all models.

    Args:
        curves: embedding model → its verification curve.
        fits: embedding model → its identification fit.
        false_positives: share of strangers, 0.001 to 0.2, that reach the default threshold.
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
        """The scale of a gallery with embeddings of a model."""
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
    """The cosine that a share of strangers reaches in a gallery of ``persons``; see above."""
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
    """Linear interpolation at x between knots that rise in x; constant beyond the outer knots."""
    place = bisect_right(knots, (x, math.inf))
    if place in (0, len(knots)):
        return knots[min(place, len(knots) - 1)][1]
    (x0, y0), (x1, y1) = knots[place - 1], knots[place]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
