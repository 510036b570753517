"""Exact search of a snapshot: every row is scored, a person by the best of its faces."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.gallery.snapshot import Snapshot

_NEVER = np.float32(-2.0)
"""Below every cosine: the score of a row that must not be found."""


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """A person and the cosine of its best face with the probe, -1 to 1."""

    person_id: str
    cosine: float


def excluded_rows(snapshot: Snapshot, deleted: Iterable[str]) -> NDArray[np.int64]:
    """The rows of deleted persons and faces.

    Args:
        deleted: personIds and persistedFaceIds; those that the snapshot does not hold are ignored.

    Returns:
        Row numbers, ascending.
    """
    rows: list[NDArray[np.int64]] = []
    face_ids = snapshot.face_ids.view(np.uint64)
    for name in deleted:
        person = _find_person(snapshot, uuid.UUID(name).bytes)
        if person is not None:
            first, end = snapshot.person_offsets[person : person + 2]
            rows.append(np.arange(first, end, dtype=np.int64))
            continue
        wanted = np.frombuffer(uuid.UUID(name).bytes, np.uint64)
        rows.append(np.flatnonzero((face_ids == wanted).all(axis=1)))
    return np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int64)


def nearest_persons(
    snapshot: Snapshot,
    probe: NDArray[np.float32],
    *,
    count: int,
    excluded: NDArray[np.int64],
) -> list[PersonMatch]:
    """The persons whose best face is nearest to a probe.

    Args:
        probe: float32, (dimension,), unit length.
        count: how many persons at most.
        excluded: rows that must not be found; a person is scored by what is left of it.

    Returns:
        At most ``count`` persons, best first; persons of equal score in order of id.
    """
    if snapshot.index.faces == 0:
        return []
    scores = snapshot.vectors @ probe
    scores[excluded] = _NEVER
    best = np.maximum.reduceat(scores, snapshot.person_offsets[:-1])
    order = _top(best, count)
    return [
        PersonMatch(snapshot.person_id(int(person)), float(best[person]))
        for person in order
        if best[person] > _NEVER
    ]


def _top(scores: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Numbers of the ``count`` highest scores, best first; equal ones in ascending order."""
    if count < len(scores):
        # Everything at or above the count-th score takes part, so that ties break by number.
        floor = np.partition(scores, len(scores) - count)[len(scores) - count]
        chosen = np.flatnonzero(scores >= floor)
    else:
        chosen = np.arange(len(scores))
    return chosen[np.argsort(-scores[chosen], kind="stable")][:count]


def _find_person(snapshot: Snapshot, person_id: bytes) -> int | None:
    """The number of a person, by bisection over the ascending ids."""
    low, high = 0, snapshot.index.persons
    while low < high:
        middle = (low + high) // 2
        if snapshot.person_ids[middle].tobytes() < person_id:
            low = middle + 1
        else:
            high = middle
    if low < snapshot.index.persons and snapshot.person_ids[low].tobytes() == person_id:
        return low
    return None
