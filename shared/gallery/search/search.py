"""Search of persons, exactly by the score that ranks, and of faces by their cosines.

Below the size from which a gallery has codes, every row is scored. Above it, the codes give some
hundred candidates in order of their approximate scores, and the persons of these are scored by
their vectors as far as they can matter. An approximate score is ``scale`` times the exact one, give
or take ``error``, both measured when the codes were made; a row is taken to matter unless it would
have to lie further than ``_MARGIN`` errors below that, as one row in 340 does at the very border
and one in 10,000 with a score 0.03 better. The answer is final when the last candidate
no longer matters, because then no row outside the candidates does. Otherwise as many candidates are
scored as will probably suffice, and where these would be too many, every row is scored.

Codes know nothing of the probe's cohort mean, half of which is subtracted from every score alike,
and of its handicap. Both are therefore added to the scores that approximate ones are compared with.
Codes that older versions wrote lessen faces of persons with several by half of ``SEVERAL_FACES``,
which only adds candidates.
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
"""faiss keeps this many as fast as one; the scan for 2,048 takes a third longer."""

_MOST_CANDIDATES = 16_384
_SPARE = 1.1
_ROUNDING = 1e-5
"""By which two ways of summing a cosine of float32 may differ, and more."""

_DIGITS = 3
"""Of a floor, so that estimates for it are computed once."""

_A_CANDIDATE, _MORE = 3, 10
"""The row whose approximate score stands for the last person's until that is known: the thirteenth
for one person, the fortieth for ten. One time in ten more rows matter than that says, and are
scored."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A snapshot, and rows of it that must not be found, ascending."""

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
    """For each probe the best of some persons with their cosines, in no order."""
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
        last = float(approximate[min(_A_CANDIDATE * count + _MORE, wanted) - 1])
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
    """Likewise, by the scores of all; those of the best are then computed one by one."""
    best = [one.best(count, floor - _ROUNDING) for one in score_all(rows, probes, subtractions)]
    return [
        score_exactly(rows, one.persons, probe, subtraction)
        for one, probe, subtraction in zip(best, probes, subtractions, strict=True)
    ]


@functools.lru_cache(maxsize=256)
def _expected_candidates(statistics: CodeStatistics, faces: int, count: int, floor: float) -> int:
    """How many rows will probably matter, if scores are normally distributed; some to spare.

    Far out, scores of isotropic vectors fall short of that, by some 0.02 at one row in 100,000:
    the last person is expected as low as twice as many would be.
    """
    exact = NormalDist(statistics.middle, statistics.deviation)
    worst = max(floor, exact.inv_cdf(1 - min(0.5, 2 * count / faces)))
    coded = exact * statistics.scale + NormalDist(0, statistics.error)
    share = 1 - coded.cdf(_least_that_matters(statistics, worst))
    return max(_FEWEST_CANDIDATES, 32 * count, math.ceil(_SPARE * share * faces))


def _least_that_matters(statistics: CodeStatistics, score: float) -> float:
    """The approximate score that a row with that exact score has at least."""
    return score * statistics.scale - _MARGIN * statistics.error


def _reaching(approximate: NDArray[np.float32], score: float) -> int:
    """How many candidates have a score or a higher one; at least the first."""
    return max(1, int(np.searchsorted(-approximate, -score, side="right")))


def _enough(approximate: NDArray[np.float32], matters: float) -> int:
    """How many candidates reach down to a score, to judge by those that there are.

    The score falls by ever less each time the candidates are doubled, as tails of distributions
    do; that it falls on as it last did is therefore an estimate on the large side.

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
