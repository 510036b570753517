"""Exact search of persons by the score that ranks them, and of faces by their cosines.

Small galleries have no codes, and every row is scored. In larger ones, the codes give a few hundred
candidate rows in order of approximate score, and the persons of those that may be in the result are
scored from their vectors. An approximate score is ``scale`` times the exact one with a standard
error of ``error``, both measured when the codes were computed. A row is ruled out if its
approximate score is more than ``_MARGIN`` errors below the one expected for the lowest score in
the result. That wrongly rules out one row in 340 whose score equals the lowest, and one in 10,000
whose score is 0.03 higher. When the last candidate is ruled out, so is every other row, and the
result is final. Otherwise as many candidates are scored as will probably suffice; if that would be
too many, every row is scored.

Codes contain neither half of the probe's cohort mean, which is subtracted from all scores alike,
nor the probe's handicap. Both are therefore added to the scores that approximate scores are
compared with. Codes written by older versions subtract only half of ``SEVERAL_FACES`` from faces of
persons with several, which merely adds candidates.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from shared.gallery.search.exact_scan import scan
from shared.gallery.search.person_rows import (
    PersonParts,
    PersonRows,
    PersonScores,
    Subtraction,
    score_all,
    score_exactly,
    score_some,
)
from shared.gallery.search.vector_index import CORRECTED_BELOW, NO_FLOOR, FaceMatch, PersonMatch
from shared.gallery.snapshots.codes import CodedRows
from shared.gallery.snapshots.format import CodeStatistics
from shared.gallery.snapshots.mapped import Snapshot

__all__ = ["FaceMatch", "PersonMatch", "Segment", "nearest_faces", "nearest_persons"]

_MARGIN = 2.75
_FEWEST_CANDIDATES = 256
"""faiss returns this many as fast as one; the scan takes a third longer for 2,048."""

_MOST_CANDIDATES = 16_384
_SPARE = 1.1
_ROUNDING = 1e-5
"""Above the greatest difference between two ways of summing a float32 cosine."""

_DIGITS = 3
"""Digits to which a floor is rounded, so that estimates for it are cached."""

_ROWS_PER_PERSON, _MORE_ROWS = 3, 10
"""Rank, 3 per requested person plus 10, of the row whose approximate score is the first estimate of
the last person's: the 13th for one person, the 40th for ten. One time in ten the estimate is too
high, and more rows are scored."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A snapshot, and its rows that must not be found, ascending."""

    snapshot: Snapshot
    excluded: NDArray[np.int64]


def nearest_persons(
    persons: PersonParts,
    probes: NDArray[np.float32],
    *,
    count: int,
    floor: float = NO_FLOOR,
    least: float | None = None,
    handicaps: Sequence[float] | None = None,
) -> list[list[PersonMatch]]:
    """The persons with the highest scores; see ``VectorIndex.nearest_persons``."""
    found: list[list[PersonMatch]] = [[] for _ in probes]
    means_too = persons.living < CORRECTED_BELOW
    subtractions = persons.subtraction(probes, least, handicaps)
    for rows in persons.parts:
        scored = _best(rows, probes, count, floor, subtractions)
        for some, best in zip(found, scored, strict=True):
            some.extend(_matches(rows, best, means_too=means_too))
    return [sorted(some, key=lambda one: (-one.score, one.person_id))[:count] for some in found]


def _matches(rows: PersonRows, best: PersonScores, *, means_too: bool) -> Iterator[PersonMatch]:
    ids = rows.person_ids[best.persons].tobytes()
    figures = zip(best.persons.tolist(), best.cosines.tolist(), best.scores.tolist(), strict=True)
    for place, (person, cosine, score) in enumerate(figures):
        person_id = _uuid(ids[16 * place : 16 * place + 16])
        yield PersonMatch(person_id, cosine, score, rows.mean_of(person) if means_too else None)


def nearest_faces(
    segments: Sequence[Segment], probes: NDArray[np.float32], *, count: int
) -> list[list[FaceMatch]]:
    """The nearest faces, exactly; see ``VectorIndex.nearest_faces``."""
    found: list[list[FaceMatch]] = [[] for _ in probes]
    for segment in segments:
        snapshot = segment.snapshot
        scored = scan(snapshot.vectors, probes, count=count, excluded=segment.excluded)
        for faces, probe, best in zip(found, probes, scored, strict=True):
            persons = snapshot.persons_of(best.rows)
            faces.extend(
                FaceMatch(
                    snapshot.face_id(int(row)),
                    snapshot.person_id(int(person)),
                    float(snapshot.vectors[row] @ probe),
                    snapshot.vectors[row],
                )
                for row, person in zip(best.rows, persons, strict=True)
            )
    return [sorted(faces, key=lambda face: (-face.cosine, face.face_id))[:count] for faces in found]


def _best(
    rows: PersonRows,
    probes: NDArray[np.float32],
    count: int,
    floor: float,
    subtractions: Sequence[Subtraction],
) -> list[PersonScores]:
    """For each probe, the best of some persons with their cosines, unordered."""
    coded = rows.coded
    raw = any(one.least is None for one in subtractions)
    if coded is None or (rows.figures is not None and raw):
        return _best_of_all(rows, probes, count, floor, subtractions)
    return [
        _best_by_codes(rows, coded, probe, count, floor, subtraction)
        for probe, subtraction in zip(probes, subtractions, strict=True)
    ]


def _best_by_codes(
    rows: PersonRows,
    coded: CodedRows,
    probe: NDArray[np.float32],
    count: int,
    floor: float,
    subtraction: Subtraction,
) -> PersonScores:
    def best(candidates: NDArray[np.int64]) -> PersonScores:
        scored = score_some(rows, coded.owners.of(candidates), probe, subtraction)
        return scored.best(count, floor - _ROUNDING)

    faces = len(rows.vectors)
    of_probe = 0.0 if subtraction.of_probe is None else float(subtraction.of_probe)
    coded_floor = floor + of_probe
    wanted = _expected_candidates(coded.statistics, faces, count, round(coded_floor, _DIGITS))
    while wanted <= min(_MOST_CANDIDATES, faces // 2):
        approximate, candidates = coded.nearest(probe, wanted)
        if candidates[-1] < 0:
            break
        matters = _least_that_matters(coded.statistics, coded_floor)
        last = float(approximate[min(_ROWS_PER_PERSON * count + _MORE_ROWS, wanted) - 1])
        taken = max(matters, last - _MARGIN * coded.statistics.error)
        found = best(candidates[: _reaching(approximate, taken)])
        if len(found.persons) >= count:
            worst = float(found.scores.min()) + of_probe
            matters = max(matters, _least_that_matters(coded.statistics, worst))
        if approximate[-1] < matters:
            enough = taken <= matters
            return found if enough else best(candidates[: _reaching(approximate, matters)])
        wanted = _enough(approximate, matters)
    return _best_of_all(rows, probe[None], count, floor, [subtraction])[0]


def _best_of_all(
    rows: PersonRows,
    probes: NDArray[np.float32],
    count: int,
    floor: float,
    subtractions: Sequence[Subtraction],
) -> list[PersonScores]:
    """Like ``_best``, from the scores of all; those of the best are then computed one by one."""
    best = [one.best(count, floor - _ROUNDING) for one in score_all(rows, probes, subtractions)]
    return [
        score_exactly(rows, one.persons, probe, subtraction)
        for one, probe, subtraction in zip(best, probes, subtractions, strict=True)
    ]


@functools.lru_cache(maxsize=256)
def _expected_candidates(statistics: CodeStatistics, faces: int, count: int, floor: float) -> int:
    """Probable number of rows that must be scored if scores are normally distributed, plus a spare.

    In the far tail, scores of isotropic vectors are below a normal distribution's, by about 0.02 at
    one row in 100,000. The last person's score is therefore estimated for twice ``count``.
    """
    exact = NormalDist(statistics.middle, statistics.deviation)
    worst = max(floor, exact.inv_cdf(1 - min(0.5, 2 * count / faces)))
    coded = exact * statistics.scale + NormalDist(0, statistics.error)
    share = 1 - coded.cdf(_least_that_matters(statistics, worst))
    return max(_FEWEST_CANDIDATES, 32 * count, math.ceil(_SPARE * share * faces))


def _least_that_matters(statistics: CodeStatistics, score: float) -> float:
    """The lowest approximate score of a row with this exact score that is not ruled out."""
    return score * statistics.scale - _MARGIN * statistics.error


def _reaching(approximate: NDArray[np.float32], score: float) -> int:
    """Number of candidates with at least this score; at least 1."""
    return max(1, int(np.searchsorted(-approximate, -score, side="right")))


def _enough(approximate: NDArray[np.float32], matters: float) -> int:
    """Estimated number of candidates down to a score, extrapolated from the present ones.

    In the tail of a normal distribution, each doubling of the candidates lowers the last score by
    more than the doubling before. Extrapolating the last fall therefore overestimates the number.

    Args:
        approximate: the scores of the candidates, best first.
        matters: a lower score.
    """
    number, last = len(approximate), float(approximate[-1])
    fall = max(float(approximate[number // 2]) - last, _ROUNDING)
    doublings = min((last - matters) / fall, float(_MOST_CANDIDATES.bit_length()))
    return max(2 * number, math.ceil(_SPARE * number * 2**doublings))


def _uuid(content: bytes) -> str:
    text = content.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
