"""Search of snapshots: a person is ranked by the best of its faces, exactly.

Below the size from which a snapshot has codes, every row is scored. Above it, the codes give some
hundred candidates in order of their approximate cosines, and these are scored by their vectors as
far as they can matter. An approximate cosine is ``scale`` times the exact one, give or take
``error``, both measured when the codes were made; a row is taken to matter unless it would have to
lie further than ``_MARGIN`` errors below that, as one row in 340 does at the very border and one
in 10,000 with a cosine 0.03 better. The answer is final when the last candidate does not matter any
more: neither does any row that is no candidate. Otherwise as many candidates are looked at as will
probably do, and where these would be too many, every row is scored.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from shared.gallery.search.exact_scan import ScoredRows, best_of, scan
from shared.gallery.search.vector_index import FaceMatch, PersonMatch
from shared.gallery.snapshots.codes import CodedRows, cosines_of
from shared.gallery.snapshots.format import CodeStatistics
from shared.gallery.snapshots.mapped import Snapshot

__all__ = ["FaceMatch", "PersonMatch", "Segment", "nearest_faces", "nearest_persons"]

_MARGIN = 2.75
_FEWEST_CANDIDATES = 256
"""faiss keeps so many as fast as one; the scan for 2,048 takes a third longer."""

_MOST_CANDIDATES = 16_384
_SPARE = 1.1
_ROUNDING = 1e-5
"""By which two ways of summing a cosine of float32 may differ, and more."""

_FIRST_SCORED = 128
_FIRST_ROWS = 256


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    """The best row of each person, best first, and the persons' numbers."""

    rows: NDArray[np.int64]
    cosines: NDArray[np.float32]
    persons: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A snapshot, and rows of it that must not be found, ascending."""

    snapshot: Snapshot
    excluded: NDArray[np.int64]


def nearest_persons(
    segments: Sequence[Segment], probes: NDArray[np.float32], *, count: int, floor: float = -1.0
) -> list[list[PersonMatch]]:
    """The persons whose best faces are nearest; see ``VectorIndex.nearest_persons``.

    A person may have faces in several segments. Its best segment ranks it at least as high as all
    segments together do, so that the best of each segment are enough.
    """
    found: list[dict[bytes, float]] = [{} for _ in probes]
    for segment in segments:
        snapshot = segment.snapshot
        ranked = _ranked(segment, probes, count, floor)
        for persons, probe, best in zip(found, probes, ranked, strict=True):
            for row, number in zip(best.rows, best.persons, strict=True):
                person = snapshot.person_ids[number].tobytes()
                # One by one, as verify does it, so that both say the same to the bit.
                cosine = float(snapshot.vectors[row] @ probe)
                persons[person] = max(persons.get(person, -2.0), cosine)
    return [
        [
            PersonMatch(_uuid(person), cosine)
            for person, cosine in sorted(persons.items(), key=lambda one: (-one[1], one[0]))[:count]
        ]
        for persons in found
    ]


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
                )
                for row, person in zip(best.rows, persons, strict=True)
            )
    return [sorted(faces, key=lambda face: (-face.cosine, face.face_id))[:count] for faces in found]


def _ranked(
    segment: Segment, probes: NDArray[np.float32], count: int, floor: float
) -> list[_Ranked]:
    """For each probe the best of a segment's persons."""
    coded = segment.snapshot.coded
    if coded is None:
        return _ranked_by_scan(segment, probes, count)
    return [_ranked_by_codes(segment, coded, probe, count, floor) for probe in probes]


def _ranked_by_scan(segment: Segment, probes: NDArray[np.float32], count: int) -> list[_Ranked]:
    snapshot = segment.snapshot
    rows = max(_FIRST_ROWS, 4 * count)
    while True:
        scored = scan(snapshot.vectors, probes, count=rows, excluded=segment.excluded)
        ranked = [_best_persons(snapshot, one, count) for one in scored]
        if rows >= snapshot.index.faces or all(len(one.rows) >= count for one in ranked):
            return ranked
        rows *= 8


def _ranked_by_codes(
    segment: Segment, coded: CodedRows, probe: NDArray[np.float32], count: int, floor: float
) -> _Ranked:
    faces = segment.snapshot.index.faces
    wanted = _expected_candidates(coded.statistics, faces, count, floor)
    while wanted <= min(_MOST_CANDIDATES, faces // 2):
        approximate, rows = coded.nearest(probe, wanted)
        if rows[-1] < 0:
            break
        matters = _least_that_matters(coded.statistics, floor)
        if approximate[-1] >= matters:
            first = _score(segment, probe, rows[: max(_FIRST_SCORED, 4 * count)], floor)
            best = _best_persons(segment.snapshot, first, count)
            if len(best.rows) == count:
                matters = _least_that_matters(coded.statistics, float(best.cosines[-1]))
        if approximate[-1] < matters:
            end = int(np.searchsorted(-approximate, -matters, side="right"))
            return _best_persons(segment.snapshot, _score(segment, probe, rows[:end], floor), count)
        wanted = _enough(approximate, matters)
    return _ranked_by_scan(segment, probe[None], count)[0]


@functools.lru_cache(maxsize=256)
def _expected_candidates(statistics: CodeStatistics, faces: int, count: int, floor: float) -> int:
    """How many rows will probably matter, if cosines are normally distributed; some to spare.

    Far out, cosines of isotropic vectors fall short of that, by some 0.02 at one row in 100,000:
    the last person is expected as low as four times as many would be.
    """
    exact = NormalDist(statistics.middle, statistics.deviation)
    worst = max(floor, exact.inv_cdf(1 - min(0.5, 4 * count / faces)))
    coded = exact * statistics.scale + NormalDist(0, statistics.error)
    share = 1 - coded.cdf(_least_that_matters(statistics, worst))
    return max(_FEWEST_CANDIDATES, 32 * count, math.ceil(_SPARE * share * faces))


def _least_that_matters(statistics: CodeStatistics, cosine: float) -> float:
    """The approximate cosine that a row with that exact cosine has at least."""
    return cosine * statistics.scale - _MARGIN * statistics.error


def _enough(approximate: NDArray[np.float32], matters: float) -> int:
    """How many candidates reach down to a cosine, to judge by those that there are.

    The cosine falls by ever less each time the candidates are doubled, as tails of distributions
    do; that it falls on as it last did is therefore an estimate on the large side.

    Args:
        approximate: the cosines of the candidates, best first.
        matters: a lower cosine.
    """
    number, last = len(approximate), float(approximate[-1])
    fall = max(float(approximate[number // 2]) - last, _ROUNDING)
    doublings = min((last - matters) / fall, float(_MOST_CANDIDATES.bit_length()))
    return max(2 * number, math.ceil(_SPARE * number * 2**doublings))


def _score(
    segment: Segment, probe: NDArray[np.float32], rows: NDArray[np.int64], floor: float
) -> ScoredRows:
    """Rows with their exact cosines, in no order, without those below or not to be found."""
    if len(segment.excluded):
        places = np.searchsorted(segment.excluded, rows)
        places[places == len(segment.excluded)] = 0
        rows = rows[segment.excluded[places] != rows]
    cosines = cosines_of(segment.snapshot.vectors, rows, probe)
    high = cosines >= floor - _ROUNDING
    return ScoredRows(rows[high], cosines[high])


def _best_persons(snapshot: Snapshot, scored: ScoredRows, count: int) -> _Ranked:
    """The best row of each person, of up to ``count`` persons, best first."""
    looked_at = 4 * count
    while True:
        best = best_of(scored.rows, scored.cosines, looked_at)
        persons, places = np.unique(snapshot.persons_of(best.rows), return_index=True)
        if len(places) >= count or len(best.rows) == len(scored.rows):
            order = np.argsort(places)[:count]
            places = places[order]
            return _Ranked(best.rows[places], best.cosines[places], persons[order])
        looked_at *= 8


def _uuid(content: bytes) -> str:
    text = content.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
