"""Search of faces that lie in a vector index outside of the process.

The index returns the nearest rows: faces, and means of persons' faces where scores are normalised.
The search requests more than it needs, because several may be one person's and some may be deleted;
where too few remain, it requests four times as many. A person has at most 248 faces, so the search
ends.

Normalised scores rank what was requested; the rule is that of `person_rows.py`, but without the
probe's cohort mean, since the cohort is not at hand. At least ``least`` is subtracted from every
cosine, so that no row beyond the last one reaches a score above its cosine less that: once the
persons found so far do, the answer is exact but for the index's own recall. Until then four times
as many rows are requested, up to a thousand; then what they give is taken.
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

_FEWEST, _MOST, _A_CANDIDATE = 50, 1_000, 10
"""First requested: ten rows a candidate, but from 50 to 1,000; measured in no service yet."""

_FEWEST_NORMALISED = 250
"""Likewise where scores are normalised: so many cosines are rarely all above the last score."""

_GROWTH = 4

Nearest = Callable[[NDArray[np.float32], int], Sequence[ScoredRow]]
"""Answers the rows nearest to a probe, best first: fewer than asked for only if there are no more.

Takes float32, (dimension,), unit length, and how many.
"""


class IndexedCollection:
    """The TrainedCollection of a vector index.

    Args:
        model: the embedding model of every vector.
        nearest: searches what one training put there.
        size: how many persons that is at most, and whether scores are normalised.
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
        """The faces less those of deleted persons and deleted faces.

        Args:
            ids: of either, 16 bytes each.
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
    """The VectorIndex of what a vector index holds, less what was deleted."""

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
        requested = min(_MOST, max(_FEWEST_NORMALISED, _A_CANDIDATE * count))
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
        """The nearest living rows, best first: enough, or all there are above the floor."""
        requested = max(count, min(_MOST, max(_FEWEST, _A_CANDIDATE * count)))
        while True:
            found = self._nearest(probe, requested)
            living = self._living(found)
            if len(found) < requested or found[-1].cosine < floor or enough(living):
                return living
            requested *= _GROWTH

    def _living(self, rows: Sequence[ScoredRow]) -> list[ScoredRow]:
        """Rows of no deleted person or face; a mean goes with any of its faces."""
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
    """Each person by its best row: a face, at a handicap where there are several, or the mean.

    Args:
        handicap: the probe's.
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
            # Rows come with falling cosines: the first face is the person's nearest.
            cosine = nearest.setdefault(one.person_id, cosine)
        known = best.get(one.person_id)
        if known is None or score > known.score:
            best[one.person_id] = PersonMatch(one.person_id, cosine, score)
    return list(best.values())


def _ranked(matches: Iterable[PersonMatch]) -> list[PersonMatch]:
    return sorted(matches, key=lambda one: (-one.score, one.person_id))


def _texts(ids: Collection[bytes]) -> frozenset[str]:
    return frozenset(str(uuid.UUID(bytes=one)) for one in ids)
