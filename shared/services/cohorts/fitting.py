"""Makes a cohort from the faces of many people, or rejects them with a reason.

The rule is fitted so that confidence 0.5 of verify keeps a false-accept rate among these people.
Whether it does is measured by cross-validation: the people are halved in several ways, and each
half is judged with a cohort and a rule that were made from the other half only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import BadArgument
from shared.gallery.normalisation.crowding import (
    CrowdingRule,
    crowding,
    neighbours_in,
    subtracted,
)
from shared.services.cohorts.cohort_file import CohortRates

FALSE_ACCEPT_RATE = 5e-4
"""The share of pairs of two persons that confidence 0.5 of the built-in model was fitted to."""

FEWEST_PEOPLE = 200
"""With 150 of Families in the Wild, one draw in four exceeds twice its rate."""

MOST_PEOPLE = 1_000
MOST_IMAGES = 3
"""Maximum images of one person, so that few people do not outweigh the others."""

_FACTOR = 2.0
"""The factor by which the rate may be exceeded in cross-validation, and by which the faces must
exceed it without a cohort: otherwise there is nothing to correct."""

_MOST_CROWDED = 1 / 3
"""Maximum share of people whose crowding alone reaches the cosine of confidence 0.5. It is 0.08 in
Families in the Wild and 0 in LFW; at higher shares the rate costs every second match of theirs."""

_MOST_TWICE = 0.02
"""Maximum number of pairs of two persons that look like one, per person. It is 0.006 in Families in
the Wild and 0.001 in LFW; of two halves of one person's images 38 and 68 % are such a pair."""

_SPLITS = 10
"""Number of cross-validation splits: with 200 people of Families in the Wild one split in four
exceeds the rate by more than the factor, by chance."""

_ALLOWANCE_STEP = 1_000
_SEED = 15
_NO_ALLOWANCE = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class PeopleFaces:
    """Faces of known people.

    Attributes:
        vectors: float32, (faces, dimension), unit rows.
        people: (faces,): the number of each face's person in ``names``.
        names: names of the persons, for messages.
    """

    vectors: NDArray[np.float32]
    people: NDArray[np.int64]
    names: Sequence[str]

    def some(self, rows: NDArray[np.int64]) -> PeopleFaces:
        """Some of the faces."""
        return PeopleFaces(self.vectors[rows], self.people[rows], self.names)


@dataclass(frozen=True, slots=True, eq=False)
class FittedCohort:
    """A cohort, as row numbers of the faces that it was made from.

    Attributes:
        rows: one face per person.
    """

    rows: NDArray[np.int64]
    rule: CrowdingRule
    rates: CohortRates


@dataclass(frozen=True, slots=True)
class VerifyScale:
    """The scale of verify that a rule is fitted to.

    Attributes:
        same_cosine: the cosine of confidence 0.5.
        sure_cosine: the cosine of confidence 0.9.
        rate: the false-accept rate that 0.5 is to keep.
    """

    same_cosine: float
    sure_cosine: float
    rate: float = FALSE_ACCEPT_RATE


def fit_cohort(faces: PeopleFaces, scale: VerifyScale) -> FittedCohort:
    """A cohort of some people.

    At most 1,000 people with three faces each are used; the selection depends on their order only.

    Raises:
        BadArgument: the people are too few, too similar or not similar enough, some occur twice, or
            the rate is exceeded in cross-validation; the message states the reason.
    """
    generator = np.random.default_rng(_SEED)
    kept = _drawn(faces.people, generator)
    some = faces.some(kept)
    count = len(np.unique(some.people))
    if count < FEWEST_PEOPLE:
        raise BadArgument(
            f"A cohort needs {FEWEST_PEOPLE} people with a face or more; there are {count}."
        )
    pairs = _pairs_of(some)
    _check_twice(some, pairs, scale, count)
    _check_confusion(pairs, scale)
    members = _members(some.people)
    values = _own_crowding(some, members)
    crowded = float(np.mean(values[members] >= scale.same_cosine))
    if crowded > _MOST_CROWDED:
        raise BadArgument(
            f"{crowded:.0%} of the people resemble many others of them, as small children do; a"
            f" cohort may have {_MOST_CROWDED:.0%}. Add people of all ages that the service meets."
        )
    rule = _fitted(pairs, values, neighbours_in(count), scale)
    return FittedCohort(kept[members], rule, _judged(some, scale, generator))


def _drawn(people: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """The rows that are used, ascending."""
    known = np.unique(people)
    chosen = generator.permutation(known)[:MOST_PEOPLE]
    taken: dict[int, int] = {}
    rows: list[int] = []
    for row in np.flatnonzero(np.isin(people, chosen)):
        person = int(people[row])
        taken[person] = taken.get(person, 0) + 1
        if taken[person] <= MOST_IMAGES:
            rows.append(int(row))
    return np.array(rows, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """All pairs of some faces, each once.

    Attributes:
        first, second: rows.
        cosines: float32.
        same: whether a pair is of one person.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    cosines: NDArray[np.float32]
    same: NDArray[np.bool_]

    def scores(self, values: NDArray[np.float32], allowance: float) -> NDArray[np.float32]:
        """The cosines minus the correction for the crowding of both faces."""
        return self.cosines - subtracted(values, values, allowance)[self.first, self.second]


def _pairs_of(faces: PeopleFaces) -> _Pairs:
    first, second = np.triu_indices(len(faces.people), 1)
    cosines = (faces.vectors @ faces.vectors.T)[first, second]
    return _Pairs(first, second, cosines, faces.people[first] == faces.people[second])


def _members(people: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first row of each person, ascending by person."""
    _, first = np.unique(people, return_index=True)
    return first.astype(np.int64)


def _own_crowding(faces: PeopleFaces, members: NDArray[np.int64]) -> NDArray[np.float32]:
    """The crowding of faces whose persons are the cohort."""
    _, own = np.unique(faces.people, return_inverse=True)
    return crowding(
        faces.vectors,
        faces.vectors[members],
        neighbours_in(len(members)),
        own.reshape(-1).astype(np.int64),
    )


def _fitted(
    pairs: _Pairs, values: NDArray[np.float32], neighbours: int, scale: VerifyScale
) -> CrowdingRule:
    """The rule with the highest allowance that keeps the rate.

    A pair stays accepted while the mean of its crowdings exceeds the allowance by no more than its
    cosine exceeds that of 0.5.
    """
    accepted = ~pairs.same & (pairs.cosines >= scale.same_cosine)
    first, second = pairs.first[accepted], pairs.second[accepted]
    means = 0.5 * (values[first] + values[second])
    needed = np.sort(means - (pairs.cosines[accepted] - np.float32(scale.same_cosine)))
    allowed = int(scale.rate * np.count_nonzero(~pairs.same))
    if allowed >= len(needed):
        return CrowdingRule(neighbours, _NO_ALLOWANCE)
    floor = np.floor(float(needed[allowed]) * _ALLOWANCE_STEP - 1e-6) / _ALLOWANCE_STEP
    return CrowdingRule(neighbours, float(floor))


def _judged(faces: PeopleFaces, scale: VerifyScale, generator: np.random.Generator) -> CohortRates:
    """The errors of each half of the people with a cohort of the other half: means of all splits.

    The splits do not depend on the order of the faces, which is that of random ids in groups.

    Raises:
        BadArgument: the rate is exceeded.
    """
    known, own = np.unique(faces.people, return_inverse=True)
    known = known[np.argsort(np.bincount(own.reshape(-1), faces.vectors[:, 0]), kind="stable")]
    counts = np.zeros(6, np.int64)
    for _ in range(_SPLITS):
        people = np.array_split(generator.permutation(known), 2)
        halves = [np.flatnonzero(np.isin(faces.people, half)) for half in people]
        for fitting, judging in (halves, halves[::-1]):
            made, others = faces.some(fitting), faces.some(judging)
            members = _members(made.people)
            neighbours = neighbours_in(len(members))
            rule = _fitted(_pairs_of(made), _own_crowding(made, members), neighbours, scale)
            values = crowding(others.vectors, made.vectors[members], neighbours)
            counts += _errors(_pairs_of(others), values, rule, scale.same_cosine)
    rates = CohortRates(scale.rate, *(int(one) for one in np.rint(counts / _SPLITS)))
    if rates.false_accepts > _FACTOR * scale.rate * rates.others:
        raise BadArgument(
            f"Confidence 0.5 would accept {rates.false_accepts} of {rates.others} pairs of people"
            f" that the cohort was not made of, more than twice the rate of {scale.rate:g}. Add"
            " people."
        )
    return rates


def _errors(
    pairs: _Pairs, values: NDArray[np.float32], rule: CrowdingRule, same: float
) -> NDArray[np.int64]:
    """The counts of CohortRates, in its order."""
    scores = pairs.scores(values, rule.allowance)
    other, raw, now = ~pairs.same, pairs.cosines >= same, scores >= same
    counted = (other, other & raw, other & now, pairs.same, pairs.same & ~raw, pairs.same & ~now)
    return np.array([np.count_nonzero(one) for one in counted], np.int64)


def _check_twice(faces: PeopleFaces, pairs: _Pairs, scale: VerifyScale, count: int) -> None:
    """Reject people if many of them occur twice.

    Two people look like one if one pair of their images does and the mean of all pairs comes near:
    a single image in the wrong folder is not enough.

    Raises:
        BadArgument: the message names up to five pairs.
    """
    least = (scale.same_cosine + scale.sure_cosine) / 2
    sure = np.flatnonzero(~pairs.same & (pairs.cosines >= scale.sure_cosine))
    similar = {
        (int(faces.people[pairs.first[pair]]), int(faces.people[pairs.second[pair]]))
        for pair in sure
    }
    alike = [one for one in sorted(similar) if _mean_cosine(faces, *one) >= least]
    if len(alike) <= _MOST_TWICE * count:
        return
    named = ", ".join(f"{faces.names[one]} and {faces.names[other]}" for one, other in alike[:5])
    raise BadArgument(
        f"{len(alike)} pairs of two people look like one person: {named}, for example. Put the"
        " images of a person together."
    )


def _mean_cosine(faces: PeopleFaces, one: int, other: int) -> float:
    """The mean cosine of every image of one person with every image of another."""
    ours, theirs = faces.vectors[faces.people == one], faces.vectors[faces.people == other]
    return float(np.mean(ours @ theirs.T))


def _check_confusion(pairs: _Pairs, scale: VerifyScale) -> None:
    others = np.count_nonzero(~pairs.same)
    accepted = np.count_nonzero(~pairs.same & (pairs.cosines >= scale.same_cosine))
    if accepted < _FACTOR * scale.rate * others:
        raise BadArgument(
            f"Without a cohort, verify accepts {accepted} of {others} pairs of these people: the"
            " cohort would change next to nothing. It needs people whom the model confuses, above"
            " all small children."
        )
