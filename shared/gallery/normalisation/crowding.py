"""Cosines of two faces, lowered where both resemble many other persons.

A face's *crowding* is its mean cosine with the nearest faces of a cohort. A recognition model maps
small children close to one another: their crowding is high, and a high cosine between two of them
says little. From the cosine of two faces, the excess of their mean crowding over an allowance is
subtracted. Cosines of faces that resemble few others are not changed, and none is raised.

The nearest face of the cohort is left out of the mean: if the cohort holds another image of the
person, that image is nearest, and says nothing about other persons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_SUBTRACTED = np.float32(0.25)
"""Maximum for a cosine, so that every image has a high confidence with itself."""

_FEWEST_NEIGHBOURS, _PERSONS_PER_NEIGHBOUR = 10, 30
"""Number of cosines in a mean: one for each 30 persons of the cohort, at least ten.

On Families in the Wild, any number from 5 to 30 gives the same errors; the more, the less the mean
changes when a person leaves the cohort.
"""

_ROWS_AT_ONCE = 4_096
"""Rows compared with a cohort in one matrix product: 16 MB of cosines."""

_OWN = np.float32(-2.0)


@dataclass(frozen=True, slots=True)
class CrowdingRule:
    """How cosines are lowered.

    Attributes:
        neighbours: number of cosines in a crowding.
        allowance: the crowding, -1 to 1, up to which nothing is subtracted.
    """

    neighbours: int
    allowance: float


@dataclass(frozen=True, slots=True, eq=False)
class FaceCrowding:
    """The crowding of faces, by which their cosines are lowered.

    Attributes:
        values: float32, (faces,): the crowding of each.
        allowance: see CrowdingRule.
    """

    values: NDArray[np.float32]
    allowance: float

    def subtracted(self, ones: slice, others: slice) -> NDArray[np.float32]:
        """What is subtracted from the cosines of some of the faces with others."""
        return subtracted(self.values[ones], self.values[others], self.allowance)


def neighbours_in(persons: int) -> int:
    """The number of cosines in a crowding, for a cohort of this many persons."""
    return max(_FEWEST_NEIGHBOURS, persons // _PERSONS_PER_NEIGHBOUR)


def crowding(
    vectors: NDArray[np.float32],
    cohort: NDArray[np.float32],
    neighbours: int,
    own: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """The mean cosine of faces with their nearest of a cohort, except the very nearest.

    Args:
        vectors: float32, (faces, dimension), unit rows.
        cohort: float32, (persons, dimension), unit rows.
        neighbours: number of cosines in the mean; fewer if the cohort is smaller.
        own: for each face the row of its person in the cohort, which is left out as well.

    Returns:
        float32, (faces,), -1 to 1; -1 if the cohort has fewer than two other persons.
    """
    found = np.full(len(vectors), -1, np.float32)
    count = min(neighbours + 1, len(cohort) - (own is not None))
    if count < 2:
        return found
    for begin in range(0, len(vectors), _ROWS_AT_ONCE):
        part = slice(begin, begin + _ROWS_AT_ONCE)
        cosines = vectors[part] @ cohort.T
        if own is not None:
            cosines[np.arange(len(cosines)), own[part]] = _OWN
        nearest = np.partition(cosines, len(cohort) - count, axis=1)[:, -count:]
        found[part] = (nearest.sum(axis=1) - nearest.max(axis=1)) / (count - 1)
    return found


def subtracted(
    ones: NDArray[np.float32], others: NDArray[np.float32], allowance: float
) -> NDArray[np.float32]:
    """What is subtracted from the cosine of each of some faces with each of others.

    Args:
        ones, others: float32, (n,) and (m,): their crowdings.

    Returns:
        float32, (n, m), 0 to 0.25.
    """
    means = np.float32(0.5) * (ones[:, None] + others[None])
    excess: NDArray[np.float32] = np.clip(
        means - np.float32(allowance), np.float32(0), MOST_SUBTRACTED
    )
    return excess
