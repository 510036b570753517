"""What a search subtracts from the cosines of enrolled faces, and of the means of persons' faces.

It is half of the cohort mean of the enrolled face and half of that of the probe: of both alike, as
S-norm weighs them (Shum et al. 2010). Where nothing is known of the probe it is the whole of the
enrolled face's.

Each face may have a handicap: what the length of its embedding, before it was normalised, says of
its image. It is subtracted besides, and therefore twice added to the cohort mean, half of which
counts.

A person with several faces is also represented by their mean (the unit vector along their sum): of
several images the mean says more than the best one, and names fewer strangers. It is never stored.
Its cosine with a probe is the sum of the faces' cosines over the length of the sum of the faces, so
that a figure a person is enough. The best face still counts, at a handicap, for an image that is
enrolled itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.cohort import Cohort, cohort_means

MOST_SUBTRACTED = np.float32(0.52)
"""Of a cosine at most, so that an enrolled image itself is found whatever surrounds it."""

SEVERAL_FACES = np.float32(0.08)
"""Further subtracted from the cosines of single faces of a person with several. More faces come
near a stranger by chance more often; with 0.08 the best of five names as few as their mean."""

_HALF = np.float32(0.5)

_OF_MEANS = np.array([0, 0, 0.02, 0.05], np.float32)
"""Further subtracted from the cosine of a mean, by its number of faces; of more as of three. Less
noise is left in a mean, so that it comes nearer to strangers, too."""

_COARSE_STEP = np.float32(0.05)
_COARSE_FROM, _COARSE_TO = -2, 13
"""Steps of the coarse part of what is subtracted: sixteen, as many as a code has values."""


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Of persons in order, and of their faces.

    Attributes:
        face_means: float32, (faces,): cohort means (see `cohort.py`), and twice the handicaps.
        person_means: float32, (persons,): the cohort mean of the mean of the faces, and twice the
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
        vectors: float32, (faces, dimension), unit rows, those of a person side by side.
        offsets: (persons + 1,): person i owns rows offsets[i] to offsets[i + 1], at least one.
        columns: of each person in the cohort, or -1.
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
    """What is further subtracted from the cosines of means of so many faces; 0 for one face."""
    handicaps: NDArray[np.float32] = _OF_MEANS[np.minimum(faces, len(_OF_MEANS) - 1)]
    return handicaps


def half_of(means: NDArray[np.float32]) -> NDArray[np.float32]:
    """What one side contributes to what is subtracted, if both do."""
    half: NDArray[np.float32] = _HALF * np.minimum(means, MOST_SUBTRACTED)
    return half


def subtracted(
    means: NDArray[np.float32], least: float, of_probe: np.float32 | None = None
) -> NDArray[np.float32]:
    """What is subtracted from cosines, but for ``SEVERAL_FACES`` and ``of_mean``.

    Args:
        means: the figures of what is enrolled.
        least: what is subtracted at least.
        of_probe: ``half_of`` the probe's cohort mean; None where that is not known.
    """
    # numpy.clip takes several times as long for some hundred figures.
    if of_probe is None:
        return np.minimum(np.maximum(means, np.float32(least)), MOST_SUBTRACTED)
    # Each side is at most half of the most.
    both: NDArray[np.float32] = half_of(means) + of_probe
    return np.maximum(both, np.float32(min(least, float(MOST_SUBTRACTED))))


def rows_to_code(
    vectors: NDArray[np.float32], offsets: NDArray[np.int64], figures: Figures
) -> NDArray[np.float32]:
    """What the codes of a large gallery stand for: float32, (faces, dimension + 4).

    A person with several faces has its mean in place of the face that it stands for best. The last
    four components are twice what is subtracted on the enrolled side, a coarse and a fine part, so
    that two codes of four bits hold it.
    """
    counts = np.diff(offsets)
    rows = vectors.copy()
    parts = subtracted(figures.face_means, -1.0)
    parts[np.repeat(counts > 1, counts)] += 2 * SEVERAL_FACES
    several = np.flatnonzero((counts > 1) & (figures.person_lengths > 0))
    if len(several):
        sums: NDArray[np.float32] = np.add.reduceat(vectors, offsets[:-1], axis=0)[several]
        means: NDArray[np.float32] = sums / figures.person_lengths[several, None]
        chosen = _best_stood_for(vectors, offsets, several, means, parts)
        rows[chosen] = means
        parts[chosen] = subtracted(figures.person_means[several], -1.0) + 2 * of_mean(
            counts[several]
        )
    coarse = np.clip(np.rint(parts / _COARSE_STEP), _COARSE_FROM, _COARSE_TO) * _COARSE_STEP
    zeros = np.zeros_like(parts)
    return np.column_stack([rows, coarse, zeros, parts - coarse, zeros])


def _best_stood_for(
    vectors: NDArray[np.float32],
    offsets: NDArray[np.int64],
    several: NDArray[np.int64],
    means: NDArray[np.float32],
    parts: NDArray[np.float32],
) -> NDArray[np.int64]:
    """Of each person with several faces, the row that its mean stands for best.

    It is near to the mean, and much is subtracted from its cosines: a face with a low handicap may
    have a higher score than the mean, and needs a code of its own.

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
