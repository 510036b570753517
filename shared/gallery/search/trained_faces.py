"""The searchable faces of one training: a snapshot, or a snapshot and its delta."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.gallery.search import search
from shared.gallery.search.person_parts import person_parts
from shared.gallery.search.person_rows import PersonParts
from shared.gallery.search.rows import rows_of
from shared.gallery.search.search import Segment
from shared.gallery.search.vector_index import (
    NO_FLOOR,
    Deleted,
    FaceMatch,
    GallerySize,
    PersonMatch,
)
from shared.gallery.snapshots.mapped import Snapshot

_NO_ROWS = np.empty(0, np.int64)


class TrainedFaces:
    """A collection's faces as of one training: the TrainedCollection of snapshots.

    Args:
        base: a whole snapshot.
        delta: the changes since the base was written.
    """

    def __init__(self, base: Snapshot, delta: Snapshot | None = None) -> None:
        self.base = base
        self.delta = delta
        self._recent: _Recent | None = None
        self._replaced = np.empty(0, np.int64)
        if delta is not None:
            ids = [one.tobytes() for one in (*delta.dropped, *delta.face_ids)]
            self._replaced = rows_of(base, ids)

    @property
    def outdated(self) -> bool:
        """See TrainedCollection.outdated."""
        return self.base.outdated

    def without(self, ids: Collection[bytes]) -> SearchableFaces:
        """The faces without those of deleted persons and without deleted faces.

        Args:
            ids: of deleted persons and faces, 16 bytes each.
        """
        return self._all().less(ids)

    def excluding(self, deleted: Deleted) -> SearchableFaces:
        """See TrainedCollection.excluding."""
        recent = self._recent
        if recent is None or recent.deleted.ids is not deleted.ids:
            recent = _Recent(Deleted(deleted.ids, 0), self._all())
        new = deleted.since(recent.deleted.count)
        if new:
            recent = _Recent(deleted, recent.faces.less(new))
        self._recent = recent
        return recent.faces

    def _all(self) -> SearchableFaces:
        segments = [Segment(self.base, self._replaced)]
        if self.delta is not None and self.delta.index.faces > 0:
            segments.append(Segment(self.delta, np.empty(0, np.int64)))
        return SearchableFaces(segments)


@dataclass(frozen=True, slots=True, eq=False)
class _Recent:
    """The result of the last call of ``excluding``."""

    deleted: Deleted
    faces: SearchableFaces


class SearchableFaces:
    """The VectorIndex of snapshots.

    Args:
        segments: a whole snapshot, and its delta if that contains faces.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments

    @functools.cached_property
    def persons(self) -> PersonParts:
        """The persons that may be found; not used for lists, where each face is its own person."""
        base, *deltas = self.segments
        if not deltas:
            return person_parts(base.snapshot, base.excluded, None, _NO_ROWS)
        (delta,) = deltas
        return person_parts(base.snapshot, base.excluded, delta.snapshot, delta.excluded)

    @property
    def size(self) -> GallerySize:
        """See VectorIndex.size."""
        return GallerySize(self.persons.living, self.segments[0].snapshot.figures is not None)

    @property
    def model(self) -> str:
        """See VectorIndex.model."""
        return self.segments[0].snapshot.index.model

    def less(self, ids: Collection[bytes]) -> SearchableFaces:
        """These faces without further persons and faces."""
        return SearchableFaces(
            [
                Segment(one.snapshot, np.union1d(one.excluded, rows_of(one.snapshot, ids)))
                for one in self.segments
            ]
        )

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
        return search.nearest_persons(
            self.persons, probes, count=count, floor=floor, least=least, handicaps=handicaps
        )

    def nearest_faces(self, probes: NDArray[np.float32], *, count: int) -> list[list[FaceMatch]]:
        """See VectorIndex.nearest_faces."""
        return search.nearest_faces(self.segments, probes, count=count)
