"""Scores of persons: cosines of their best faces or of their mean faces, less subtractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.cohort import ProbeCohort
from shared.gallery.normalisation.figures import (
    SEVERAL_FACES,
    Figures,
    half_of,
    of_mean,
    subtracted,
)
from shared.gallery.search.exact_scan import NEVER
from shared.gallery.snapshots.codes import CodedRows, cosines_of

_BLOCK_ROWS = 8_192
"""Rows of a block: 4 MB of 128 components, which stay in the processor's cache while all probes are
multiplied with them."""

_NO_PERSONS = np.empty(0, np.int64)
_NO_COSINES = np.empty(0, np.float32)

_LEAST_SCORE = float(np.nextafter(NEVER, np.float32(0)))


@dataclass(frozen=True, slots=True, eq=False)
class PersonRows:
    """Persons and their faces.

    Attributes:
        vectors: float32, (faces, dimension), unit rows; the rows of a person are consecutive.
        offsets: (persons + 1,), of an integer type: person i owns rows offsets[i] to
            offsets[i + 1], at least one.
        person_ids: uint8, (persons, 16).
        figures: what is subtracted from cosines; None: nothing, and means are not used.
        coded: the codes of the rows; None: every row is scored.
        left_out: indices of persons that must not be found, ascending.
    """

    vectors: NDArray[np.float32]
    offsets: NDArray[np.integer]
    person_ids: NDArray[np.uint8]
    figures: Figures | None
    coded: CodedRows | None = None
    left_out: NDArray[np.int64] = field(default_factory=lambda: _NO_PERSONS)

    @property
    def living(self) -> int:
        """How many persons may be found."""
        return len(self.person_ids) - len(self.left_out)

    def mean_of(self, person: int) -> NDArray[np.float32]:
        """The mean of a person's faces, float32, (dimension,), of unit length."""
        faces = self.vectors[int(self.offsets[person]) : int(self.offsets[person + 1])]
        total: NDArray[np.float32] = faces.sum(axis=0)
        length = np.float32(np.linalg.norm(total))
        mean: NDArray[np.float32] = total / length if length > 0 else faces[0]
        return mean

    def faces_of(self, persons: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows of some persons' faces, and the offsets of each person among these rows.

        Returns:
            int64, (faces,), and int64, (persons + 1,).
        """
        starts = self.offsets[persons].astype(np.int64)
        counts = self.offsets[persons + 1] - starts
        offsets = np.zeros(len(persons) + 1, np.int64)
        np.cumsum(counts, out=offsets[1:])
        return np.repeat(starts - offsets[:-1], counts) + np.arange(offsets[-1]), offsets

    def figures_of(self, persons: NDArray[np.int64], faces: NDArray[np.int64]) -> Figures | None:
        """The figures of some persons, and of the rows of their faces."""
        figures = self.figures
        if figures is None:
            return None
        return Figures(
            figures.face_means[faces],
            figures.person_means[persons],
            figures.person_lengths[persons],
        )


@dataclass(frozen=True, slots=True, eq=False)
class PersonParts:
    """All persons of a gallery.

    Attributes:
        parts: each person is in exactly one of them.
        cohort: the faces that probes are compared with; None: persons are ranked by raw cosines.
    """

    parts: Sequence[PersonRows] = ()
    cohort: ProbeCohort | None = None

    @property
    def living(self) -> int:
        """How many persons may be found."""
        return sum(one.living for one in self.parts)

    def subtraction(
        self,
        probes: NDArray[np.float32],
        least: float | None,
        handicaps: Sequence[float] | None = None,
    ) -> list[Subtraction]:
        """What is subtracted from the cosines of each probe.

        Args:
            least: the minimum that is subtracted; None: nothing is subtracted.
            handicaps: what is also subtracted for each probe; None: nothing.
        """
        if least is None or self.cohort is None:
            return [RAW] * len(probes)
        means = self.cohort.means_of(probes)
        if handicaps is not None:
            means = means + 2 * np.array(handicaps, np.float32)
        return [Subtraction(least, half) for half in half_of(means)]


@dataclass(frozen=True, slots=True)
class Subtraction:
    """What is subtracted from the cosines of one probe.

    Attributes:
        least: the minimum; None: nothing is subtracted, and persons are ranked by their best faces.
        of_probe: half of the probe's cohort mean plus its handicap; None if that is not known.
    """

    least: float | None
    of_probe: np.float32 | None


RAW = Subtraction(None, None)


@dataclass(frozen=True, slots=True, eq=False)
class PersonScores:
    """Persons with their scores; see ``_scored``.

    Attributes:
        cosines: the cosine behind each score; empty if only the order matters.
    """

    persons: NDArray[np.int64]
    scores: NDArray[np.float32]
    cosines: NDArray[np.float32] = field(default_factory=lambda: _NO_COSINES)

    def best(self, count: int, floor: float) -> PersonScores:
        """The ``count`` best with at least a score, and ties with the last one; unordered."""
        scores = self.scores
        if len(scores) > count:
            floor = max(floor, float(np.partition(scores, len(scores) - count)[-count]))
        chosen = np.flatnonzero(scores >= max(floor, _LEAST_SCORE))
        cosines = self.cosines[chosen] if len(self.cosines) else self.cosines
        return PersonScores(self.persons[chosen], scores[chosen], cosines)


def score_all(
    rows: PersonRows, probes: NDArray[np.float32], subtractions: Sequence[Subtraction]
) -> list[PersonScores]:
    """The scores of every person for each probe. All probes share one pass over the vectors.

    Args:
        subtractions: one for each probe.
    """
    faces = len(rows.vectors)
    cosines = np.empty((len(probes), faces), np.float32)
    for begin in range(0, faces, _BLOCK_ROWS):
        block = rows.vectors[begin : begin + _BLOCK_ROWS]
        # For one probe, numpy's matrix-vector product is faster.
        products = block @ probes[0] if len(probes) == 1 else probes @ block.T
        cosines[:, begin : begin + len(block)] = products
    offsets = rows.offsets.astype(np.int64)
    persons = np.arange(len(rows.person_ids), dtype=np.int64)
    found = []
    for one, subtraction in zip(cosines, subtractions, strict=True):
        scores = _scored(persons, one, offsets, rows.figures, subtraction)
        scores.scores[rows.left_out] = NEVER
        found.append(scores)
    return found


def score_some(
    rows: PersonRows,
    persons: NDArray[np.int64],
    probe: NDArray[np.float32],
    subtraction: Subtraction,
) -> PersonScores:
    """The scores of a few persons of a large gallery, with cosines; drops those left out.

    A score does not depend, even in its last bits, on which other persons are scored.

    Args:
        persons: indices, ascending.
    """
    if len(rows.left_out):
        persons = persons[~np.isin(persons, rows.left_out, assume_unique=True)]
    chosen, offsets = rows.faces_of(persons)
    # Reading one component of each row first overlaps the memory accesses; it saves a tenth of
    # the search.
    rows.vectors[chosen[offsets[:-1]], 0]
    cosines = cosines_of(rows.vectors, chosen, probe)
    figures = rows.figures_of(persons, chosen)
    return _scored(persons, cosines, offsets, figures, subtraction, cosines_too=True)


def score_exactly(
    rows: PersonRows,
    persons: NDArray[np.int64],
    probe: NDArray[np.float32],
    subtraction: Subtraction,
) -> PersonScores:
    """Like ``score_some``, for the best persons that ``score_all`` found.

    Args:
        persons: indices of persons that may be found, ascending.
    """
    chosen, offsets = rows.faces_of(persons)
    cosines = np.einsum("ij,j->i", rows.vectors[chosen], probe)
    figures = rows.figures_of(persons, chosen)
    return _scored(persons, cosines, offsets, figures, subtraction, cosines_too=True)


def _scored(
    persons: NDArray[np.int64],
    cosines: NDArray[np.float32],
    offsets: NDArray[np.int64],
    figures: Figures | None,
    subtraction: Subtraction,
    *,
    cosines_too: bool = False,
) -> PersonScores:
    """The score of each person's best face or, if higher and it has several faces, of their mean.

    Args:
        cosines: float32, (faces,); those of a person are consecutive.
        offsets: int64, (persons + 1,), into them.
        figures: of exactly these persons and faces.
    """
    if len(persons) == 0:
        return PersonScores(persons, _NO_COSINES, _NO_COSINES)
    least, of_probe = subtraction.least, subtraction.of_probe
    if figures is None or least is None:
        best = np.maximum.reduceat(cosines, offsets[:-1])
        return PersonScores(persons, best, best)
    counts = offsets[1:] - offsets[:-1]
    several = counts > 1
    faces = cosines - subtracted(figures.face_means, least, of_probe)
    scores = np.maximum.reduceat(faces, offsets[:-1]) - SEVERAL_FACES * several
    means = np.add.reduceat(cosines, offsets[:-1]) / np.maximum(figures.person_lengths, 1e-6)
    of_means = means - subtracted(figures.person_means, least, of_probe) - of_mean(counts)
    better = several & (of_means > scores)
    scores = np.where(better, of_means, scores)
    if not cosines_too:
        return PersonScores(persons, scores)
    nearest = np.maximum.reduceat(cosines, offsets[:-1])
    return PersonScores(persons, scores, np.where(better, means, nearest))
