"""What one training left to search: a snapshot, or a snapshot and the delta on top of it."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.gallery.search import search
from shared.gallery.search.person_parts import person_parts
from shared.gallery.search.person_rows import PersonRows
from shared.gallery.search.rows import rows_of
from shared.gallery.search.search import Segment
from shared.gallery.search.vector_index import FaceMatch, GallerySize, PersonMatch, VectorIndex
from shared.gallery.snapshots.mapped import Snapshot

_NO_ROWS = np.empty(0, np.int64)


class TrainedFaces:
    """A collection's faces as of one training: the TrainedCollection of snapshots.

    Args:
        base: a whole snapshot.
        delta: what changed since the base was made.
    """

    def __init__(self, base: Snapshot, delta: Snapshot | None = None) -> None:
        self.base = base
        self.delta = delta
        self._recent: tuple[int, VectorIndex] | None = None
        self._replaced = np.empty(0, np.int64)
        if delta is not None:
            ids = [one.tobytes() for one in (*delta.dropped, *delta.face_ids)]
            self._replaced = rows_of(base, ids)

    @property
    def outdated(self) -> bool:
        """See TrainedCollection.outdated."""
        return self.base.outdated

    def without(self, deleted: Collection[bytes]) -> SearchableFaces:
        """The faces less those of deleted persons and deleted faces.

        Args:
            deleted: ids of either, 16 bytes each.
        """
        excluded = rows_of(self.base, deleted)
        if len(self._replaced):
            excluded = np.union1d(excluded, self._replaced)
        segments = [Segment(self.base, excluded)]
        if self.delta is not None and self.delta.index.faces > 0:
            segments.append(Segment(self.delta, rows_of(self.delta, deleted)))
        return SearchableFaces(segments)

    def recall(self, deletions: int) -> VectorIndex | None:
        """See TrainedCollection.recall."""
        recent = self._recent
        return recent[1] if recent is not None and recent[0] == deletions else None

    def remember(self, deletions: int, faces: VectorIndex) -> None:
        """See TrainedCollection.remember."""
        self._recent = (deletions, faces)


class SearchableFaces:
    """The VectorIndex of snapshots.

    Args:
        segments: a whole snapshot, and the delta on top of it if that holds faces.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments

    @functools.cached_property
    def persons(self) -> Sequence[PersonRows]:
        """The persons that may be found; in lists, where each face is one, never asked for."""
        base, *deltas = self.segments
        if not deltas:
            return person_parts(base.snapshot, base.excluded, None, _NO_ROWS)
        (delta,) = deltas
        return person_parts(base.snapshot, base.excluded, delta.snapshot, delta.excluded)

    @property
    def size(self) -> GallerySize:
        """See VectorIndex.size."""
        return GallerySize(
            sum(one.living for one in self.persons), self.segments[0].snapshot.figures is not None
        )

    @property
    def model(self) -> str:
        """See VectorIndex.model."""
        return self.segments[0].snapshot.index.model

    def nearest_persons(
        self,
        probes: NDArray[np.float32],
        *,
        count: int,
        floor: float = -2.0,
        least: float | None = None,
    ) -> list[list[PersonMatch]]:
        """See VectorIndex.nearest_persons."""
        return search.nearest_persons(self.persons, probes, count=count, floor=floor, least=least)

    def nearest_faces(self, probes: NDArray[np.float32], *, count: int) -> list[list[FaceMatch]]:
        """See VectorIndex.nearest_faces."""
        return search.nearest_faces(self.segments, probes, count=count)
