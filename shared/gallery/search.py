"""Search of snapshots: a person is ranked by the best of its faces, exactly.

Below the size from which a snapshot has codes, every row is scored. Above it, the codes give a few
thousand candidates, which are scored by their vectors. A row that is no candidate has a lower
approximate cosine than all of them; its true cosine is higher than that by no more than
``_MARGIN`` times the error of the codes (of normally distributed errors one in 30,000 is beyond
four times their root mean square). So the answer is final when enough persons lie above that bound,
or the bound lies below what is asked for; otherwise there are four times as many candidates, and in
the end every row is scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.gallery.exact_scan import ScoredRows, best_of, scan
from shared.gallery.snapshot import Snapshot
from shared.gallery.vector_index import FaceMatch, PersonMatch

__all__ = ["FaceMatch", "PersonMatch", "Segment", "nearest_faces", "nearest_persons"]

_MARGIN = 4.0
_FIRST_CANDIDATES = 1_024
_LAST_CANDIDATES = 16_384
_GROWTH = 4
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
        for persons, rows in zip(found, _best_faces(segment, probes, count, floor), strict=True):
            for row, probe_cosine in rows:
                number = int(segment.snapshot.persons_of(np.array([row]))[0])
                person = segment.snapshot.person_ids[number].tobytes()
                persons[person] = max(persons.get(person, -2.0), probe_cosine)
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


def _best_faces(
    segment: Segment, probes: NDArray[np.float32], count: int, floor: float
) -> list[list[tuple[int, float]]]:
    """For each probe the best face of each of the best persons: row and cosine.

    The cosines are computed one by one as verify does it, so that both say the same to the bit.
    """
    snapshot = segment.snapshot
    if snapshot.coded is None:
        rows = _persons_by_scan(segment, probes, count)
    else:
        rows = _persons_by_codes(segment, probes, count, floor)
    return [
        [(int(row), float(snapshot.vectors[row] @ probe)) for row in best]
        for probe, best in zip(probes, rows, strict=True)
    ]


def _persons_by_scan(
    segment: Segment, probes: NDArray[np.float32], count: int
) -> list[NDArray[np.int64]]:
    snapshot = segment.snapshot
    rows = max(_FIRST_ROWS, 4 * count)
    while True:
        scored = scan(snapshot.vectors, probes, count=rows, excluded=segment.excluded)
        persons = [_first_rows(snapshot, one, count) for one in scored]
        complete = rows >= snapshot.index.faces
        if complete or all(len(one) >= count for one in persons):
            return persons
        rows *= 8


def _persons_by_codes(
    segment: Segment, probes: NDArray[np.float32], count: int, floor: float
) -> list[NDArray[np.int64]]:
    answers: list[NDArray[np.int64] | None] = [None] * len(probes)
    candidates = max(_FIRST_CANDIDATES, 8 * count)
    while candidates <= min(_LAST_CANDIDATES, segment.snapshot.index.faces // 2):
        open_ones = [number for number, answer in enumerate(answers) if answer is None]
        if not open_ones:
            break
        settled = _settle_by_codes(segment, probes[open_ones], count, floor, candidates)
        for number, answer in zip(open_ones, settled, strict=True):
            answers[number] = answer
        candidates *= _GROWTH
    left = [number for number, answer in enumerate(answers) if answer is None]
    if left:
        for number, rows in zip(left, _persons_by_scan(segment, probes[left], count), strict=True):
            answers[number] = rows
    return [answer for answer in answers if answer is not None]


def _settle_by_codes(
    segment: Segment, probes: NDArray[np.float32], count: int, floor: float, candidates: int
) -> list[NDArray[np.int64] | None]:
    """The best face of each of the best persons; None where more candidates are needed."""
    snapshot = segment.snapshot
    assert snapshot.coded is not None and snapshot.index.code_error is not None  # noqa: S101
    approximate, rows = snapshot.coded.nearest(probes, candidates)
    settled: list[NDArray[np.int64] | None] = []
    for probe, cosines, numbers in zip(probes, approximate, rows, strict=True):
        if numbers[-1] < 0:
            settled.append(None)
            continue
        beyond = float(cosines[-1]) + _MARGIN * snapshot.index.code_error
        scored = _score(segment, probe, numbers)
        best = _first_rows(snapshot, scored, count)
        enough = beyond < floor
        if not enough and len(best) >= count:
            last = scored.cosines[np.flatnonzero(scored.rows == best[-1])[0]]
            enough = bool(last >= beyond)
        settled.append(best if enough else None)
    return settled


def _score(segment: Segment, probe: NDArray[np.float32], rows: NDArray[np.int64]) -> ScoredRows:
    """Rows by their exact cosines, without those that must not be found."""
    if len(segment.excluded):
        places = np.searchsorted(segment.excluded, rows)
        places[places == len(segment.excluded)] = 0
        rows = rows[segment.excluded[places] != rows]
    rows = np.sort(rows)  # so that the file is read from front to back
    return best_of(rows, segment.snapshot.vectors[rows] @ probe, len(rows))


def _first_rows(snapshot: Snapshot, scored: ScoredRows, count: int) -> NDArray[np.int64]:
    """The first row of each person, of up to ``count`` persons in order."""
    persons = snapshot.persons_of(scored.rows)
    _, places = np.unique(persons, return_index=True)
    return scored.rows[np.sort(places)[:count]]


def _uuid(content: bytes) -> str:
    text = content.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
