"""Normalised scores in the person directory, which has no trainings.

Each copy of a partition contributes its share of the cohort. The figures that normalise a block are
computed when the block or the cohort has changed. The cohort of a large directory is kept until a
fifth of it has been deleted or the directory has doubled: otherwise every second change would
recompute everything. Deleted persons are removed from it at once.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from shared.domain.models import IdentificationFit
from shared.gallery.normalisation.cohort import (
    COHORT_PERSONS,
    Cohort,
    CohortRows,
    draw_persons,
)
from shared.gallery.normalisation.figures import Figures, figures_of
from shared.gallery.search.person_rows import PersonParts
from shared.gallery.search.unindexed_scan import FaceBlock

_SALT = b"person directory"
_DRAWN_EACH_TIME = 2_000
"""Number of persons up to which every change draws a new cohort; all figures take 50 ms then."""


@dataclass(slots=True)
class _Drawn:
    """The cohort of one recognition model's faces, and the figures computed with it.

    Attributes:
        persons: number of persons in the directory when the cohort was drawn.
        size: number of persons in the cohort when it was drawn.
        blocks: blocks and their figures.
    """

    cohort: Cohort
    persons: int
    size: int
    blocks: list[tuple[FaceBlock, Figures]] = field(default_factory=list)


class DirectoryCohort:
    """The cohorts of the directory's recognition models. Thread-safe.

    Args:
        fits: embedding model to what its identification was fitted to; scores of others are raw.
    """

    def __init__(self, fits: Mapping[str, IdentificationFit]) -> None:
        self._fits = fits
        self._lock = threading.Lock()
        self._drawn: dict[str, _Drawn] = {}

    def normalises(self, blocks: Sequence[FaceBlock]) -> bool:
        """Whether scores of some blocks are normalised."""
        return all(block.models <= self._fits.keys() for block in blocks)

    def of_persons(self, block: FaceBlock) -> PersonParts:
        """Some persons, which are their own cohort."""
        if not self.normalises([block]):
            return PersonParts([block.rows()])
        cohort = _drawn_from([block], COHORT_PERSONS)
        return PersonParts(
            [block.rows(figures=self._figures(block, cohort))], CohortRows(cohort.vectors)
        )

    def of_directory(
        self,
        recognition_model: str,
        blocks: Sequence[FaceBlock],
        among: Sequence[Collection[str] | None],
    ) -> PersonParts:
        """All persons of the directory that have faces for a recognition model.

        Args:
            blocks: of all partitions.
            among: for each block the persons to search; None: all.
        """
        if not self.normalises(blocks):
            return PersonParts(
                [block.rows(some) for block, some in zip(blocks, among, strict=True)]
            )
        with self._lock:
            drawn = self._current(recognition_model, blocks)
            known = {id(block): figures for block, figures in drawn.blocks}
            drawn.blocks = [
                (block, known.get(id(block)) or self._figures(block, drawn.cohort))
                for block in blocks
            ]
            computed, cohort = list(drawn.blocks), drawn.cohort
        return PersonParts(
            [
                block.rows(some, figures)
                for (block, figures), some in zip(computed, among, strict=True)
            ],
            CohortRows(cohort.vectors),
        )

    def _current(self, recognition_model: str, blocks: Sequence[FaceBlock]) -> _Drawn:
        known = self._drawn.get(recognition_model)
        persons = sum(len(block.person_ids) for block in blocks)
        if known is not None:
            if _same(known.blocks, blocks):
                return known
            known.cohort = _remaining(known.cohort, blocks)
            spent = 5 * (known.size - len(known.cohort.person_ids)) >= known.size
            if _DRAWN_EACH_TIME < persons < 2 * known.persons and not spent:
                return known
        cohort = _drawn_from(blocks, -(-COHORT_PERSONS // len(blocks)))
        drawn = _Drawn(cohort, persons, len(cohort.person_ids))
        self._drawn[recognition_model] = drawn
        return drawn

    def _figures(self, block: FaceBlock, cohort: Cohort) -> Figures:
        (model,) = block.models
        rule = self._fits[model].length
        handicaps = np.array([rule.handicap(one) for one in block.lengths], np.float32)
        columns = cohort.columns_of(block.person_bytes())
        return figures_of(block.vectors, block.offsets, cohort, columns, handicaps)


def _same(known: Sequence[tuple[FaceBlock, Figures]], blocks: Sequence[FaceBlock]) -> bool:
    return len(known) == len(blocks) and all(
        one is other for (one, _), other in zip(known, blocks, strict=True)
    )


def _drawn_from(blocks: Sequence[FaceBlock], most: int) -> Cohort:
    """A cohort of up to ``most`` persons of each block, with the first face of each."""
    vectors, ids = [], []
    for block in blocks:
        known = block.person_bytes()
        members = draw_persons(known, _SALT, most)
        vectors.append(block.vectors[block.offsets[members]])
        ids += [known[member].tobytes() for member in members]
    return Cohort(np.concatenate(vectors), ids)


def _remaining(cohort: Cohort, blocks: Sequence[FaceBlock]) -> Cohort:
    """The cohort without the persons that are no longer in any block."""
    living = {one.tobytes() for block in blocks for one in block.person_bytes()}
    kept = [place for place, one in enumerate(cohort.person_ids) if one in living]
    return Cohort(cohort.vectors[kept], [cohort.person_ids[place] for place in kept])
