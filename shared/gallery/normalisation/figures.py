"""What a search subtracts from the cosines of enrolled faces, and of the means of persons' faces.

It subtracts half of the cohort mean of the enrolled face and half of that of the probe, the equal
weights of S-norm (Shum et al. 2010). If the probe's cohort mean is not known, it subtracts all of
the enrolled face's.

Each face may have a handicap, computed from the length of its embedding before it was normalised,
which depends on the quality of the image. The handicap is subtracted in addition. Since half of the
cohort mean is used, twice the handicap is added to it.

A person with several faces is also represented by their mean (the unit vector along their sum),
which identifies the person better than the best face and names fewer strangers. It is never stored:
its cosine with a probe is the sum of the faces' cosines divided by the length of the sum of the
faces, so one figure per person is enough. The best face still counts, less ``SEVERAL_FACES``, so
that an image that is itself enrolled is found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.cohort import Cohort, cohort_means

MOST_SUBTRACTED = np.float32(0.52)
"""Maximum subtracted from a cosine, so that an image that is itself enrolled is always found."""

SEVERAL_FACES = np.float32(0.08)
"""Also subtracted from the cosine of each single face of a person with several. The more faces, the
more often one is similar to a stranger by chance; with 0.08, the best of five faces names as few
strangers as their mean."""

_HALF = np.float32(0.5)

_OF_MEANS = np.array([0, 0, 0.02, 0.05], np.float32)
"""Also subtracted from the cosine of a mean, by its number of faces; three or more count as three.
A mean has less noise, which makes it more similar to strangers as well."""

_COARSE_STEP = np.float32(0.05)
_COARSE_FROM, _COARSE_TO = -2, 13
"""First and last step of the coarse part of what is subtracted: 16 steps, the values of a code."""


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """The figures of persons, in order, and of their faces.

    Attributes:
        face_means: float32, (faces,): cohort means (see `cohort.py`) plus twice the handicaps.
        person_means: float32, (persons,): the cohort mean of the mean of the faces plus twice the
            mean of their handicaps.
        person_lengths: float32, (persons,): the length of the sum of the faces.
    """

    face_means: NDArray[np.float32]
    person_means: NDArray[np.float32]
    person_lengths: NDArray[np.float32]


def figures_of(
    vectors: NDArray[np.float32],
    offsets: NDArray[np.int64],
    cohort: Cohort,
    columns: NDArray[np.int64],
    handicaps: NDArray[np.float32] | None = None,
) -> Figures:
    """The figures of some persons.

    Args:
        vectors: float32, (faces, dimension), unit rows; the rows of a person are consecutive.
        offsets: (persons + 1,): person i owns rows offsets[i] to offsets[i + 1], at least one.
        columns: for each person its column in the cohort, or -1.
        handicaps: float32, (faces,); None: there are none.
    """
    counts = np.diff(offsets)
    sums: NDArray[np.float32] = np.add.reduceat(vectors, offsets[:-1], axis=0)
    lengths = np.linalg.norm(sums, axis=1).astype(np.float32)
    several = np.flatnonzero((counts > 1) & (lengths > 0))
    rows = np.concatenate([vectors, sums[several] / lengths[several, None]])
    own = np.concatenate([np.repeat(columns, counts), columns[several]])
    found = cohort_means(rows, cohort, own)
    face_means = found[: len(vectors)]
    person_means = face_means[offsets[:-1]]
    person_means[several] = found[len(vectors) :]
    if handicaps is not None:
        face_means = face_means + 2 * handicaps
        person_means += 2 * np.add.reduceat(handicaps, offsets[:-1]) / counts.astype(np.float32)
    return Figures(face_means, person_means, lengths)


def of_mean(faces: NDArray[np.integer]) -> NDArray[np.float32]:
    """What is also subtracted from the cosines of means, by their numbers of faces; 0 for one."""
    handicaps: NDArray[np.float32] = _OF_MEANS[np.minimum(faces, len(_OF_MEANS) - 1)]
    return handicaps


def half_of(means: NDArray[np.float32]) -> NDArray[np.float32]:
    """The share of one side, enrolled or probe, in what is subtracted if both are known."""
    half: NDArray[np.float32] = _HALF * np.minimum(means, MOST_SUBTRACTED)
    return half


def subtracted(
    means: NDArray[np.float32], least: float, of_probe: np.float32 | None = None
) -> NDArray[np.float32]:
    """What is subtracted from cosines, except ``SEVERAL_FACES`` and ``of_mean``.

    Args:
        means: the figures of the enrolled faces or means.
        least: the minimum that is subtracted.
        of_probe: ``half_of`` the probe's cohort mean; None if that is not known.
    """
    # numpy.clip takes several times as long for a few hundred figures.
    if of_probe is None:
        return np.minimum(np.maximum(means, np.float32(least)), MOST_SUBTRACTED)
    # Each side is at most half of MOST_SUBTRACTED.
    both: NDArray[np.float32] = half_of(means) + of_probe
    return np.maximum(both, np.float32(min(least, float(MOST_SUBTRACTED))))


def rows_to_code(
    vectors: NDArray[np.float32], offsets: NDArray[np.int64], figures: Figures
) -> NDArray[np.float32]:
    """The rows that the codes of a large gallery encode: float32, (faces, dimension + 4).

    For a person with several faces, their mean replaces the face that it represents best. The last
    four components hold twice what is subtracted on the enrolled side, as a coarse and a fine part,
    so that two codes of four bits encode it.
    """
    counts = np.diff(offsets)
    rows = vectors.copy()
    parts = subtracted(figures.face_means, -1.0)
    parts[np.repeat(counts > 1, counts)] += 2 * SEVERAL_FACES
    several = np.flatnonzero((counts > 1) & (figures.person_lengths > 0))
    if len(several):
        sums: NDArray[np.float32] = np.add.reduceat(vectors, offsets[:-1], axis=0)[several]
        means: NDArray[np.float32] = sums / figures.person_lengths[several, None]
        chosen = _best_represented(vectors, offsets, several, means, parts)
        rows[chosen] = means
        parts[chosen] = subtracted(figures.person_means[several], -1.0) + 2 * of_mean(
            counts[several]
        )
    coarse = np.clip(np.rint(parts / _COARSE_STEP), _COARSE_FROM, _COARSE_TO) * _COARSE_STEP
    zeros = np.zeros_like(parts)
    return np.column_stack([rows, coarse, zeros, parts - coarse, zeros])


def _best_represented(
    vectors: NDArray[np.float32],
    offsets: NDArray[np.int64],
    several: NDArray[np.int64],
    means: NDArray[np.float32],
    parts: NDArray[np.float32],
) -> NDArray[np.int64]:
    """For each person with several faces, the row that their mean represents best.

    That is a row near the mean from whose cosines much is subtracted. A face with a low handicap
    may have a higher score than the mean, and needs its own code.

    Args:
        parts: float32, (faces,): twice what is subtracted from the cosines of each face.
    """
    counts = offsets[several + 1] - offsets[several]
    starts = np.cumsum(counts) - counts
    rows = np.repeat(offsets[several] - starts, counts) + np.arange(counts.sum())
    fitness = np.einsum("ij,ij->i", vectors[rows], np.repeat(means, counts, axis=0))
    fitness += _HALF * parts[rows]
    best = np.repeat(np.maximum.reduceat(fitness, starts), counts)
    places = np.flatnonzero(fitness >= best)
    owners = np.repeat(np.arange(len(several)), counts)[places]
    _, first = np.unique(owners, return_index=True)
    return rows[places[first]]
