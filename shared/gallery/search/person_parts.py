"""The persons of a training that may be found, and their faces, without deleted ones.

The persons of a whole snapshot are searched in place, except those that have changed since. A
person that lost a face, or has faces in the delta, is left out there; if it still has faces, it is
searched in a second part, together with the persons of the delta. The mean of a person's faces is
therefore always computed from exactly the faces that may be found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.cohort import Cohort, CohortRows, ProbeCohort
from shared.gallery.normalisation.copied_cohort import CopiedCohort
from shared.gallery.normalisation.figures import Figures, figures_of
from shared.gallery.search.person_rows import PersonParts, PersonRows
from shared.gallery.search.rows import places_of
from shared.gallery.snapshots.mapped import Snapshot

_COMPARED_AT_ONCE = 5_000_000
"""Maximum number of cosines with the cohort that are recomputed when the cohort loses a face: 50
ms. In larger snapshots the figures of enrolled faces do not change until they are rewritten."""

_Faces = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]
"""The person ids, vectors and handicaps of some faces."""


def person_parts(
    base: Snapshot,
    excluded: NDArray[np.int64],
    delta: Snapshot | None,
    delta_excluded: NDArray[np.int64],
) -> PersonParts:
    """The persons of a training that may be found.

    Args:
        excluded: rows of the base that must not be found, ascending.
        delta_excluded: likewise of the delta.
    """
    owners = base.persons_of(excluded)
    changed = np.unique(owners)
    added: list[_Faces] = []
    if delta is not None and delta.index.faces > 0:
        rows = np.setdiff1d(np.arange(delta.index.faces), delta_excluded, assume_unique=True)
        added.append(_faces_of(delta, rows))
        changed = np.union1d(changed, _numbers_of(base, delta.person_ids))
    added.append(_remaining(base, changed, excluded))
    living = _living_cohort(base, excluded)
    cohort = None if living is None else _cohort_of(base, living)
    parts = [
        PersonRows(
            base.vectors,
            base.person_offsets,
            base.person_ids,
            _figures(base, cohort),
            base.coded,
            changed,
        )
    ]
    beside = _beside(added, cohort)
    of_probes: ProbeCohort | None = None
    if cohort is not None:
        copied = base.coded is not None
        of_probes = CopiedCohort(cohort.vectors) if copied else CohortRows(base.vectors, living)
    return PersonParts(parts if beside is None else [*parts, beside], of_probes)


def _living_cohort(base: Snapshot, excluded: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The rows of the cohort that training drew, without persons deleted since.

    Each person is represented by its first face.
    """
    if base.figures is None:
        return None
    rows = base.cohort.astype(np.int64)
    gone = np.isin(rows, excluded, assume_unique=True)
    others = [_first_living(base, int(row), excluded) for row in rows[gone]]
    found = np.array([row for row in others if row is not None], np.int64)
    return np.sort(np.concatenate([rows[~gone], found]))


def _cohort_of(base: Snapshot, rows: NDArray[np.int64]) -> Cohort:
    ids = base.person_ids[base.persons_of(rows)]
    return Cohort(base.vectors[rows], [one.tobytes() for one in ids])


def _first_living(base: Snapshot, row: int, excluded: NDArray[np.int64]) -> int | None:
    """The first row of a row's person that may be found."""
    (person,) = base.persons_of(np.array([row]))
    rows = np.arange(base.person_offsets[person], base.person_offsets[person + 1], dtype=np.int64)
    living = np.setdiff1d(rows, excluded, assume_unique=True)
    return int(living[0]) if len(living) else None


def _figures(base: Snapshot, cohort: Cohort | None) -> Figures | None:
    """The base's figures, recomputed if a person left the cohort and the base is small."""
    if cohort is None or base.index.faces * len(cohort.person_ids) > _COMPARED_AT_ONCE:
        return base.figures
    if np.array_equal(cohort.vectors, base.vectors[base.cohort]):
        return base.figures
    offsets = base.person_offsets.astype(np.int64)
    columns = cohort.columns_of(base.person_ids)
    return figures_of(base.vectors, offsets, cohort, columns, base.handicaps)


def _remaining(base: Snapshot, persons: NDArray[np.int64], excluded: NDArray[np.int64]) -> _Faces:
    """The faces of some persons of the base that may be found."""
    rows = np.concatenate(
        [
            np.arange(base.person_offsets[one], base.person_offsets[one + 1], dtype=np.int64)
            for one in persons
        ]
        or [np.empty(0, np.int64)]
    )
    rows = np.setdiff1d(rows, excluded, assume_unique=True)
    return _faces_of(base, rows)


def _faces_of(snapshot: Snapshot, rows: NDArray[np.int64]) -> _Faces:
    ids = snapshot.person_ids[snapshot.persons_of(rows)]
    return ids, snapshot.vectors[rows], snapshot.handicaps[rows]


def _beside(faces: Sequence[_Faces], cohort: Cohort | None) -> PersonRows | None:
    ids, vectors, handicaps = (np.concatenate(one) for one in zip(*faces, strict=True))
    if len(ids) == 0:
        return None
    order = np.lexsort(ids.T[::-1])
    ids, vectors, handicaps = ids[order], vectors[order], handicaps[order]
    starts = np.flatnonzero(np.concatenate([[True], (ids[1:] != ids[:-1]).any(axis=1)]))
    offsets = np.append(starts, len(ids)).astype(np.int64)
    persons = np.ascontiguousarray(ids[starts])
    figures = None
    if cohort is not None:
        columns = cohort.columns_of(persons)
        figures = figures_of(vectors, offsets, cohort, columns, handicaps)
    return PersonRows(vectors, offsets, persons, figures)


def _numbers_of(base: Snapshot, person_ids: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The indices of the base's persons that have one of the ids, ascending."""
    wanted = {one.tobytes() for one in person_ids}
    return np.array(places_of(base.person_ids, wanted), np.int64)
