"""Cohorts of families, made as the command makes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.services.cohorts.fitting import FittedCohort, PeopleFaces, VerifyScale, fit_cohort
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.verification import service_curve

PEOPLE = 300


@dataclass(frozen=True, slots=True, eq=False)
class MadeCohort:
    """A cohort of one half of the families.

    Attributes:
        vectors: of its faces.
        half: of each image, whether it shows a person of that half.
    """

    vectors: NDArray[np.float32]
    fitted: FittedCohort
    half: NDArray[np.bool_]


def cohorts_of(families: Faces) -> list[MadeCohort]:
    """One of each half. People are numbered by family: one family at most is in both."""
    curve = service_curve()
    scale = VerifyScale(curve.cosine(0.5), curve.cosine(0.9))
    known = np.unique(families.people)
    made = []
    for half in np.array_split(known, 2):
        chosen = np.random.default_rng(5).permutation(half)[:PEOPLE]
        rows = np.flatnonzero(np.isin(families.people, chosen))
        names = [f"person {number}" for number in range(len(known))]
        some = PeopleFaces(families.vectors[rows], families.people[rows], names)
        fitted = fit_cohort(some, scale)
        made.append(MadeCohort(some.vectors[fitted.rows], fitted, np.isin(families.people, half)))
    return made
