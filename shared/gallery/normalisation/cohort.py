"""The cohort of a gallery: a sample of its own persons that every enrolled face is compared with.

A recognition model maps some people, above all small children, so close to one another that a high
cosine says little. A face's *cohort mean*, the mean of its cosines with the nearest faces of other
persons, measures this; it is subtracted from every cosine with that face before a threshold is
applied. The cohort is drawn from the gallery, so that no other data is needed. Only means are
subtracted: dividing by the deviation, as Z-norm does (Reynolds 1997), was measured to reduce
accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.crowding import crowding

COHORT_PERSONS = 1_000
"""Maximum number of persons of a cohort; more do not improve the means."""

_FEWEST_NEAREST, _MOST_NEAREST, _PERSONS_PER_NEIGHBOUR = 5, 10, 20
"""Number of cosines in a mean: one for each 20 persons of the cohort, from five to ten.

With five, galleries of 20 to 100 persons are normalised as well as large ones. From 200 persons on
five and ten are equally accurate, but with ten a mean changes less when the cohort does.
"""

_ROWS_AT_ONCE = 4_096
"""Rows compared with the cohort in one matrix product: 16 MB of cosines."""

_COMPARED_BY_FAISS = 2_000_000
"""Cosines from which faiss finds the nearest: three times as fast, but it takes 0.2 s to import."""

_NO_COSINE = np.float32(-2.0)


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Faces of different persons.

    Attributes:
        vectors: float32, (persons, dimension), unit rows.
        person_ids: the person of each row, 16 bytes each.
    """

    vectors: NDArray[np.float32]
    person_ids: list[bytes]

    def columns_of(self, person_ids: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The column of each person in the cohort, or -1.

        Args:
            person_ids: uint8, (persons, 16).
        """
        columns = {person: column for column, person in enumerate(self.person_ids)}
        return np.array([columns.get(one.tobytes(), -1) for one in person_ids], np.int64)


class ProbeCohort(Protocol):
    """The faces that probes are compared with."""

    def means_of(self, probes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean cosine of probes with their nearest of the cohort, except the very nearest.

        That one may be another image of the probe's own person.

        Args:
            probes: float32, (probes, dimension), unit rows.

        Returns:
            float32, (probes,), -1 to 1; -1 where the cohort has fewer than two persons.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class CohortRows:
    """The ProbeCohort of a small gallery: rows of its own vectors.

    Attributes:
        vectors: float32, (faces, dimension), unit rows.
        rows: one row of each of the cohort's persons; None for all rows.
    """

    vectors: NDArray[np.float32]
    rows: NDArray[np.int64] | None = None

    def means_of(self, probes: NDArray[np.float32]) -> NDArray[np.float32]:
        """See ProbeCohort.means_of."""
        cohort = self.vectors if self.rows is None else self.vectors[self.rows]
        return crowding(probes, cohort, nearest(len(cohort)))


def draw_persons(
    person_ids: NDArray[np.uint8], salt: bytes, most: int = COHORT_PERSONS
) -> NDArray[np.int64]:
    """The numbers of the persons of the cohort, ascending.

    The draw depends on the ids and the salt only: the same persons give the same cohort in every
    training, and a deleted one is replaced without changing the others.

    Args:
        person_ids: uint8, (persons, 16).
        salt: of the collection, at least 8 bytes.
        most: maximum number of persons.
    """
    if len(person_ids) <= most:
        return np.arange(len(person_ids), dtype=np.int64)
    halves = np.ascontiguousarray(person_ids).view("<u8")
    order = _mixed(halves[:, 0] ^ _mixed(halves[:, 1] ^ np.frombuffer(salt[:8], "<u8")))
    return np.sort(np.argpartition(order, most)[:most])


def nearest(persons: int) -> int:
    """The number of cosines in a mean, for a cohort of this many persons."""
    return min(_MOST_NEAREST, max(_FEWEST_NEAREST, persons // _PERSONS_PER_NEIGHBOUR))


def cohort_means(
    vectors: NDArray[np.float32], cohort: Cohort, own: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The mean cosine of faces with their nearest of the cohort, except their own person.

    Args:
        vectors: float32, (faces, dimension), unit rows.
        own: for each face the column of its person in the cohort, or -1.

    Returns:
        float32, (faces,), -1 to 1; -1 where the cohort holds no other person.
    """
    means = np.full(len(vectors), -1, np.float32)
    if len(cohort.vectors) == 0:
        return means
    find = _nearest
    if len(vectors) * len(cohort.vectors) >= _COMPARED_BY_FAISS:
        find = _nearest_by_faiss
    count = min(nearest(len(cohort.vectors)) + 1, len(cohort.vectors))
    for begin in range(0, len(vectors), _ROWS_AT_ONCE):
        part = slice(begin, begin + _ROWS_AT_ONCE)
        cosines, columns = find(vectors[part], cohort.vectors, count)
        cosines[columns == own[part, None]] = _NO_COSINE
        cosines = -np.sort(-cosines, axis=1)[:, : nearest(len(cohort.vectors))]
        others = (cosines > _NO_COSINE).sum(axis=1)
        sums = np.where(cosines > _NO_COSINE, cosines, 0).sum(axis=1)
        means[part] = np.where(others > 0, sums / np.maximum(others, 1), -1)
    return means


def _nearest(
    vectors: NDArray[np.float32], cohort: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The cosines and columns of the nearest of the cohort, unordered."""
    cosines = vectors @ cohort.T
    columns = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    return np.take_along_axis(cosines, columns, axis=1), columns


def _nearest_by_faiss(
    vectors: NDArray[np.float32], cohort: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Like ``_nearest``, by faiss."""
    import faiss

    faiss.omp_set_num_threads(1)
    rows = np.ascontiguousarray(vectors)
    return faiss.knn(rows, cohort, count, metric=faiss.METRIC_INNER_PRODUCT)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): spreads every bit over all others."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
