"""Search of faces in a vector index outside of the process.

The index returns the nearest rows: faces and, where scores are normalised, means of persons' faces.
The search requests more rows than candidates, because several rows may belong to one person and
some may be deleted. If too few remain, it requests four times as many. A person has at most 248
faces, so the search ends.

The returned rows are ranked by normalised scores, computed as in `person_rows.py` but without the
probe's cohort mean, since the cohort is not available. At least ``least`` is subtracted from every
cosine, so no row that was not returned can score above the last returned cosine less ``least``.
Once the persons found reach that score, the result is exact up to the recall of the index itself.
Until then the search requests four times as many rows, up to a thousand, whose result is final.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.vectors import ScoredRow
from shared.gallery.normalisation.figures import SEVERAL_FACES, of_mean, subtracted
from shared.gallery.search.vector_index import (
    NO_FLOOR,
    Deleted,
    FaceMatch,
    GallerySize,
    PersonMatch,
)

_FEWEST, _MOST, _ROWS_PER_CANDIDATE = 50, 1_000, 10
"""Rows requested first: ten per candidate, at least 50 and at most 1,000. Not measured with a real
service yet."""

_FEWEST_NORMALISED = 250
"""The minimum where scores are normalised: enough rows that the last one's cosine usually shows the
result to be exact."""

_GROWTH = 4

Nearest = Callable[[NDArray[np.float32], int], Sequence[ScoredRow]]
"""Returns the rows nearest to a probe, best first; fewer than requested only if there are no more.

Its arguments are the probe, float32, (dimension,), unit length, and the number of rows.
"""


class IndexedCollection:
    """The TrainedCollection of a vector index.

    Args:
        model: the embedding model of every vector.
        nearest: searches the rows of one training.
        size: the maximum number of persons in it, and whether scores are normalised.
    """

    def __init__(self, model: str, nearest: Nearest, size: GallerySize) -> None:
        self._model = model
        self._nearest = nearest
        self._size = size
        self._recent = (Deleted((), 0), frozenset[str]())

    @property
    def outdated(self) -> bool:
        """See TrainedCollection.outdated; the vector index has one format."""
        return False

    def without(self, ids: Collection[bytes]) -> IndexedFaces:
        """The faces without those of deleted persons and without deleted faces.

        Args:
            ids: of deleted persons and faces, 16 bytes each.
        """
        return IndexedFaces(self._model, self._nearest, _texts(ids), self._size)

    def excluding(self, deleted: Deleted) -> IndexedFaces:
        """See TrainedCollection.excluding."""
        before, ids = self._recent
        if before.ids is not deleted.ids:
            before, ids = Deleted(deleted.ids, 0), frozenset()
        new = deleted.since(before.count)
        if new:
            before = deleted
            ids |= _texts(new)
        self._recent = (before, ids)
        return IndexedFaces(self._model, self._nearest, ids, self._size)


class IndexedFaces:
    """The VectorIndex of the rows in an external vector index, without deleted ones."""

    def __init__(
        self, model: str, nearest: Nearest, deleted: frozenset[str], size: GallerySize
    ) -> None:
        self._model = model
        self._nearest = nearest
        self._deleted = deleted
        self._size = size

    @property
    def size(self) -> GallerySize:
        """See VectorIndex.size; each face is counted as a person, which makes identify stricter."""
        return self._size

    @property
    def model(self) -> str:
        """See VectorIndex.model."""
        return self._model

    def nearest_persons(
        self,
        probes: NDArray[np.float32],
        *,
        count: int,
        floor: float = NO_FLOOR,
        least: float | None = None,
        handicaps: Sequence[float] | None = None,
    ) -> list[list[PersonMatch]]:
        """See VectorIndex.nearest_persons."""
        if least is None or not self._size.normalised:
            return [self._raw(probe, count, floor) for probe in probes]
        return [
            self._normalised(probe, count, floor, least, handicap)
            for probe, handicap in zip(probes, handicaps or [0.0] * len(probes), strict=True)
        ]

    def nearest_faces(self, probes: NDArray[np.float32], *, count: int) -> list[list[FaceMatch]]:
        """See VectorIndex.nearest_faces; as exact as the index is."""
        return [
            [
                FaceMatch(one.face_id, one.person_id, one.cosine)
                for one in found
                if one.face_id is not None
            ][:count]
            for probe in probes
            for found in [self._search(probe, count, lambda rows: _faces_of(rows) >= count)]
        ]

    def _raw(self, probe: NDArray[np.float32], count: int, floor: float) -> list[PersonMatch]:
        def enough(living: Sequence[ScoredRow]) -> bool:
            return len({one.person_id for one in living if one.face_id is not None}) >= count

        best: dict[str, float] = {}
        for one in self._search(probe, count, enough, floor):
            if one.face_id is not None:
                best.setdefault(one.person_id, one.cosine)
        return _ranked([PersonMatch(person, cosine, cosine) for person, cosine in best.items()])[
            :count
        ]

    def _normalised(
        self,
        probe: NDArray[np.float32],
        count: int,
        floor: float,
        least: float,
        handicap: float,
    ) -> list[PersonMatch]:
        requested = min(_MOST, max(_FEWEST_NORMALISED, _ROWS_PER_CANDIDATE * count))
        while True:
            found = self._nearest(probe, requested)
            ranked = _ranked(_scored(self._living(found), least, handicap))[:count]
            if len(found) < requested:
                return ranked
            reached = found[-1].cosine - least
            if reached < floor or (len(ranked) == count and ranked[-1].score >= reached):
                return ranked
            if requested >= _MOST and len(ranked) == count:
                return ranked
            requested *= _GROWTH

    def _search(
        self,
        probe: NDArray[np.float32],
        count: int,
        enough: Callable[[Sequence[ScoredRow]], bool],
        floor: float = NO_FLOOR,
    ) -> list[ScoredRow]:
        """The nearest rows that are not deleted, best first: enough, or all above the floor."""
        requested = max(count, min(_MOST, max(_FEWEST, _ROWS_PER_CANDIDATE * count)))
        while True:
            found = self._nearest(probe, requested)
            living = self._living(found)
            if len(found) < requested or found[-1].cosine < floor or enough(living):
                return living
            requested *= _GROWTH

    def _living(self, rows: Sequence[ScoredRow]) -> list[ScoredRow]:
        """The rows that are not deleted; a mean is dropped if any of its faces is deleted."""
        gone = self._deleted
        return [
            one
            for one in rows
            if one.person_id not in gone
            and one.face_id not in gone
            and gone.isdisjoint(one.mean_of)
        ]


def _faces_of(rows: Sequence[ScoredRow]) -> int:
    return sum(one.face_id is not None for one in rows)


def _scored(rows: Sequence[ScoredRow], least: float, handicap: float) -> list[PersonMatch]:
    """Each person with the score of its best row: a face, less ``SEVERAL_FACES`` if it has several,
    or the mean.

    Args:
        handicap: of the probe.
    """
    means = np.array([one.cohort_mean for one in rows], np.float32) + np.float32(handicap)
    handicaps = SEVERAL_FACES * np.array([one.several for one in rows], np.float32)
    handicaps += of_mean(np.array([max(1, len(one.mean_of)) for one in rows]))
    scores = np.array([one.cosine for one in rows]) - subtracted(means, least) - handicaps
    best: dict[str, PersonMatch] = {}
    nearest: dict[str, float] = {}
    for one, score in zip(rows, scores.tolist(), strict=True):
        cosine = one.cosine
        if one.face_id is not None:
            # Rows are in order of falling cosines: a person's first face is its nearest.
            cosine = nearest.setdefault(one.person_id, cosine)
        known = best.get(one.person_id)
        if known is None or score > known.score:
            best[one.person_id] = PersonMatch(one.person_id, cosine, score)
    return list(best.values())


def _ranked(matches: Iterable[PersonMatch]) -> list[PersonMatch]:
    return sorted(matches, key=lambda one: (-one.score, one.person_id))


def _texts(ids: Collection[bytes]) -> frozenset[str]:
    return frozenset(str(uuid.UUID(bytes=one)) for one in ids)
