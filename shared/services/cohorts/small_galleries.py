"""Identification among few persons with the operator's cohort.

A small gallery has too few people to be its own cohort. Its scores are lowered for crowded faces as
in verify. The correction fades as the number of persons grows, until only the gallery's own cohort
is used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shared.domain.values import Embedding
from shared.gallery.normalisation.figures import MOST_SUBTRACTED
from shared.gallery.search.vector_index import CORRECTED_BELOW, GallerySize, PersonMatch

_WHOLLY, _NOT_AT_ALL = 100, CORRECTED_BELOW
"""Number of persons up to which the whole correction is applied, and from which none is."""


class Correction(Protocol):
    """See OperatorCohort."""

    def subtracted(
        self, ones: NDArray[np.float32], others: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The correction that is subtracted from the cosines of faces with others."""
        ...


class SmallGalleries:
    """Corrects the scores of identification.

    Args:
        cohorts: by embedding model; empty: nothing is corrected.
    """

    def __init__(self, cohorts: Mapping[str, Correction]) -> None:
        self._cohorts = cohorts

    def count(self, model: str, size: GallerySize, count: int) -> int:
        """The number of nearest persons to search for, so that they include the best ``count``."""
        return max(count, size.persons) if self._share(model, size) else count

    def corrected(
        self,
        size: GallerySize,
        probes: Sequence[Embedding],
        matches: Sequence[Sequence[PersonMatch]],
        count: int,
    ) -> Sequence[Sequence[PersonMatch]]:
        """The persons by corrected scores.

        Args:
            probes: of one model, at least one.
            matches: for each probe the nearest ``count()`` persons. Without vectors, as from a
                vector index, they are returned unchanged.

        Returns:
            For each probe at most ``count`` persons, best first.
        """
        share = self._share(probes[0].model, size)
        if not share:
            return matches
        cohort = self._cohorts[probes[0].model]
        return [
            _corrected(cohort, share, probe, some)[:count]
            for probe, some in zip(probes, matches, strict=True)
        ]

    def _share(self, model: str, size: GallerySize) -> float:
        """The share of the correction that is applied, 0 to 1."""
        if model not in self._cohorts:
            return 0.0
        persons = min(max(size.persons, _WHOLLY), _NOT_AT_ALL)
        return 1 - math.log(persons / _WHOLLY) / math.log(_NOT_AT_ALL / _WHOLLY)


def _lowered(match: PersonMatch, by: float) -> float:
    """A score minus a correction; the total subtracted from the cosine stays within its bound."""
    bound = match.cosine - float(MOST_SUBTRACTED)
    return max(match.score - by, min(match.score, bound))


def _corrected(
    cohort: Correction, share: float, probe: Embedding, matches: Sequence[PersonMatch]
) -> list[PersonMatch]:
    vectors = [match.vector for match in matches if match.vector is not None]
    if not matches or len(vectors) < len(matches):
        return list(matches)
    lowered = share * cohort.subtracted(probe.vector[None], np.stack(vectors))[0]
    found = [
        replace(match, score=_lowered(match, float(by)))
        for match, by in zip(matches, lowered, strict=True)
    ]
    return sorted(found, key=lambda one: (-one.score, one.person_id))
