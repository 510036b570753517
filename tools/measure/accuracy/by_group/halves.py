"""Errors of verify among people who are not in the cohort: half of the families.

A cohort and its allowance are computed from people of one half, as the command does, and all pairs
of images of the other half are verified. No family and no person is in both halves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import BadArgument
from tools.measure.accuracy.by_group.cohorts import errors_of, made_of
from tools.measure.accuracy.embeddings import faces
from tools.measure.accuracy.family_crops import families_of_images, family_faces
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.table import Table

_DRAWS, _PEOPLE = 20, 450
_FOLDS, _OTHER_FOLDS = (1, 2, 3), (4, 5)
_DECIMALS = 3


def measure() -> Table:
    """False accepts and misses at confidence 0.5 among people who are not in the cohort."""
    families, family = family_faces(), families_of_images()
    known, adults = np.unique(family), _lfw(*_OTHER_FOLDS)
    generator = np.random.default_rng(15)
    of_families, of_adults = [], []
    for _ in range(_DRAWS):
        half = np.isin(family, generator.permutation(known)[: len(known) // 2])
        people = generator.permutation(np.unique(families.people[half]))[:_PEOPLE]
        cohort = made_of(families.some(np.isin(families.people, people)))
        of_families.append(errors_of(cohort, families.some(~half)))
        of_adults.append(errors_of(cohort, adults))
    rows = [
        ("families", "families of the other half", *_spread(of_families)),
        ("families", "LFW, folds 4 and 5", *_spread(of_adults)),
        ("LFW, folds 1 to 3", _outcome(_lfw(*_FOLDS)), *"----"),
    ]
    return Table(
        "Verification at confidence 0.5 among people of whom no cohort was made, percent: median"
        f" (lowest to highest) of {_DRAWS} draws of {_PEOPLE} people of half of the families",
        ("cohort of", "judged", "false accepts", "with it", "misses", "with it"),
        rows,
    )


def _lfw(*folds: int) -> Faces:
    known = faces()
    rows = known.of(*folds)
    return Faces(known.vectors[rows], known.people[rows])


def _spread(counts: Sequence[NDArray[np.int64]]) -> list[str]:
    """False accepts and misses, each without and with the cohort."""
    rates = []
    for others, raw, now, sames, missed_raw, missed in counts:
        rates.append((raw / others, now / others, missed_raw / sames, missed / sames))
    return [
        f"{np.median(one):.{_DECIMALS}f} ({min(one):.{_DECIMALS}f} to {max(one):.{_DECIMALS}f})"
        for one in (100 * np.array(rates)).T
    ]


def _outcome(people: Faces) -> str:
    """Whether a cohort can be computed from some people, or the first clause of the reason."""
    try:
        made_of(people)
    except BadArgument as error:
        return f"refused: {error.message.partition(':')[0]}"
    return "not refused"
