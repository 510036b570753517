"""Cohorts of families, computed as the command does, and the errors of verify with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.crowding import crowding, subtracted
from shared.services.cohorts.fitting import FittedCohort, PeopleFaces, VerifyScale, fit_cohort
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.verification import service_curve

PEOPLE = 300
_BLOCK = 512
"""Images compared with all others at a time, to limit memory."""


@dataclass(frozen=True, slots=True, eq=False)
class MadeCohort:
    """A cohort.

    Attributes:
        vectors: the embeddings of its faces.
    """

    vectors: NDArray[np.float32]
    fitted: FittedCohort


@dataclass(frozen=True, slots=True, eq=False)
class HalfCohort:
    """A cohort of one half of the families.

    Attributes:
        half: for each image, whether it shows a person of that half.
    """

    made: MadeCohort
    half: NDArray[np.bool_]


def made_of(people: Faces) -> MadeCohort:
    """A cohort of some people.

    Raises:
        BadArgument: see ``fit_cohort``.
    """
    curve = service_curve()
    numbers, own = np.unique(people.people, return_inverse=True)
    names = [f"person {number}" for number in numbers]
    known = PeopleFaces(people.vectors, own.reshape(-1).astype(np.int64), names)
    fitted = fit_cohort(known, VerifyScale(curve.cosine(0.5), curve.cosine(0.9)))
    return MadeCohort(people.vectors[fitted.rows], fitted)


def cohorts_of(families: Faces) -> list[HalfCohort]:
    """One cohort for each half. People are numbered by family: at most one family is in both."""
    found = []
    for half in np.array_split(np.unique(families.people), 2):
        chosen = np.random.default_rng(5).permutation(half)[:PEOPLE]
        rows = np.isin(families.people, chosen)
        made = made_of(families.some(rows))
        found.append(HalfCohort(made, np.isin(families.people, half)))
    return found


def errors_of(made: MadeCohort, judged: Faces) -> NDArray[np.int64]:
    """Errors of verify on all pairs of some images at confidence 0.5.

    Returns:
        (6,): the number of pairs of two persons, of those accepted raw, and of those accepted with
        the cohort; the number of pairs of one person, and of those missed, likewise.
    """
    vectors, people, rule = judged.vectors, judged.people, made.fitted.rule
    values = crowding(vectors, made.vectors, rule.neighbours)
    same_cosine = service_curve().cosine(0.5)
    counts = np.zeros(6, np.int64)
    for begin in range(0, len(vectors), _BLOCK):
        part = slice(begin, begin + _BLOCK)
        cosines = vectors[part] @ vectors.T
        scores = cosines - subtracted(values[part], values, rule.allowance)
        later = np.arange(len(vectors))[part, None] < np.arange(len(vectors))[None]
        alike = people[part, None] == people[None]
        other, same = later & ~alike, later & alike
        raw, now = cosines >= same_cosine, scores >= same_cosine
        found = (other, other & raw, other & now, same, same & ~raw, same & ~now)
        counts += np.array([np.count_nonzero(one) for one in found])
    return counts
