"""Search of snapshots: a person is ranked by the best of its faces, exactly.

Below the size from which a snapshot has codes, every row is scored. Above it, the codes give some
hundred candidates in order of their approximate cosines, and these are scored by their vectors as
far as they can matter. An approximate cosine is ``code_scale`` times the exact one, give or take
``code_deviation``, both measured when the codes were made; a row is taken to matter unless it would
have to lie further than ``_MARGIN`` deviations below that (one row in 700 at the very border does).
The answer is final when the last candidate does not matter any more: neither does any row that is
no candidate. Otherwise there are four times as many candidates, and in the end every row is scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.gallery.codes import CodedRows
from shared.gallery.exact_scan import ScoredRows, best_of, scan
from shared.gallery.snapshot import Snapshot
from shared.gallery.vector_index import FaceMatch, PersonMatch

__all__ = ["FaceMatch", "PersonMatch", "Segment", "nearest_faces", "nearest_persons"]

_MARGIN = 3.0
_FIRST_CANDIDATES = 2_048
_LAST_CANDIDATES = 16_384
_GROWTH = 4
_FIRST_SCORED = 128
_FIRST_ROWS = 256


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
        best_rows = _best_rows(segment, probes, count, floor)
        for persons, probe, rows in zip(found, probes, best_rows, strict=True):
            for row, number in zip(rows, snapshot.persons_of(rows), strict=True):
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


def _best_rows(
    segment: Segment, probes: NDArray[np.float32], count: int, floor: float
) -> list[NDArray[np.int64]]:
    """For each probe the row of the best face of each of the best persons."""
    coded = segment.snapshot.coded
    if coded is None:
        return _persons_by_scan(segment, probes, count)
    return [_persons_by_codes(segment, coded, probe, count, floor) for probe in probes]


def _persons_by_scan(
    segment: Segment, probes: NDArray[np.float32], count: int
) -> list[NDArray[np.int64]]:
    snapshot = segment.snapshot
    rows = max(_FIRST_ROWS, 4 * count)
    while True:
        scored = scan(snapshot.vectors, probes, count=rows, excluded=segment.excluded)
        persons = [_best_persons(snapshot, one, count) for one in scored]
        if rows >= snapshot.index.faces or all(len(one.rows) >= count for one in persons):
            return [one.rows for one in persons]
        rows *= 8


def _persons_by_codes(
    segment: Segment, coded: CodedRows, probe: NDArray[np.float32], count: int, floor: float
) -> NDArray[np.int64]:
    candidates = max(_FIRST_CANDIDATES, 32 * count)
    while candidates <= min(_LAST_CANDIDATES, segment.snapshot.index.faces // 2):
        approximate, rows = coded.nearest(probe, candidates)
        settled = _settle(segment, probe, count, floor, ScoredRows(rows, approximate))
        if settled is not None:
            return settled.rows
        candidates *= _GROWTH
    return _persons_by_scan(segment, probe[None], count)[0]


def _settle(
    segment: Segment,
    probe: NDArray[np.float32],
    count: int,
    floor: float,
    candidates: ScoredRows,
) -> ScoredRows | None:
    """The best face of each of the best persons; None where more candidates are needed.

    Args:
        candidates: rows with approximate cosines, best first.
    """
    snapshot = segment.snapshot
    first = max(_FIRST_SCORED, 4 * count)
    scored = _score(segment, probe, candidates.rows[:first])
    best = _best_persons(snapshot, scored, count)
    worst = float(best.cosines[-1]) if len(best.rows) == count else -1.0
    scale, deviation = snapshot.index.code_scale or 1.0, snapshot.index.code_deviation or 0.0
    matters = max(worst, floor) * scale - _MARGIN * deviation
    if candidates.rows[-1] < 0 or candidates.cosines[-1] >= matters:
        return None
    end = int(np.searchsorted(-candidates.cosines, -matters, side="right"))
    if end <= first:
        return best
    more = _score(segment, probe, candidates.rows[first:end])
    together = ScoredRows(
        np.concatenate([scored.rows, more.rows]), np.concatenate([scored.cosines, more.cosines])
    )
    return _best_persons(snapshot, together, count)


def _score(segment: Segment, probe: NDArray[np.float32], rows: NDArray[np.int64]) -> ScoredRows:
    """Rows with their exact cosines, in no order, without those that must not be found."""
    if len(segment.excluded):
        places = np.searchsorted(segment.excluded, rows)
        places[places == len(segment.excluded)] = 0
        rows = rows[segment.excluded[places] != rows]
    return ScoredRows(rows, segment.snapshot.vectors[rows] @ probe)


def _best_persons(snapshot: Snapshot, scored: ScoredRows, count: int) -> ScoredRows:
    """The best row of each person, of up to ``count`` persons, best first."""
    looked_at = 4 * count
    while True:
        best = best_of(scored.rows, scored.cosines, looked_at)
        _, places = np.unique(snapshot.persons_of(best.rows), return_index=True)
        if len(places) >= count or len(best.rows) == len(scored.rows):
            places = np.sort(places)[:count]
            return ScoredRows(best.rows[places], best.cosines[places])
        looked_at *= 8


def _uuid(content: bytes) -> str:
    text = content.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
