"""Search of faces that lie in a vector index outside of the process.

The index returns the nearest faces. The search requests more than it needs, because several may be
one person's and some may be deleted; where too few remain, it requests four times as many. A person
has at most 248 faces, so the search ends.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.vectors import ScoredFace
from shared.gallery.search.vector_index import Deleted, FaceMatch, GallerySize, PersonMatch

_FEWEST, _MOST, _A_CANDIDATE = 50, 1_000, 10
"""First asked for: ten faces a candidate, but from 50 to 1,000; measured in no service yet."""

_GROWTH = 4

Nearest = Callable[[NDArray[np.float32], int], Sequence[ScoredFace]]
"""Answers the faces nearest to a probe, best first: fewer than asked for only if there are no more.

Takes float32, (dimension,), unit length, and how many.
"""


class IndexedCollection:
    """The TrainedCollection of a vector index.

    Args:
        model: the embedding model of every vector.
        nearest: searches what one training put there.
        faces: how many that is, about.
    """

    def __init__(self, model: str, nearest: Nearest, faces: int) -> None:
        self._model = model
        self._nearest = nearest
        self._faces = faces
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
        return IndexedFaces(self._model, self._nearest, _texts(ids), self._faces)

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
        return IndexedFaces(self._model, self._nearest, ids, self._faces)


class IndexedFaces:
    """The VectorIndex of what a vector index holds, less what was deleted."""

    def __init__(self, model: str, nearest: Nearest, deleted: frozenset[str], faces: int) -> None:
        self._model = model
        self._nearest = nearest
        self._deleted = deleted
        self._faces = faces

    @property
    def size(self) -> GallerySize:
        """See VectorIndex.size; each face is counted as a person, which makes identify stricter."""
        return GallerySize(self._faces, normalised=False)

    @property
    def model(self) -> str:
        """See VectorIndex.model."""
        return self._model

    def nearest_persons(
        self,
        probes: NDArray[np.float32],
        *,
        count: int,
        floor: float = -2.0,
        least: float | None = None,
    ) -> list[list[PersonMatch]]:
        """See VectorIndex.nearest_persons."""
        return [self._persons(probe, count, floor) for probe in probes]

    def nearest_faces(self, probes: NDArray[np.float32], *, count: int) -> list[list[FaceMatch]]:
        """See VectorIndex.nearest_faces; as exact as the index is."""
        return [
            [FaceMatch(one.face_id, one.person_id, one.cosine) for one in found[:count]]
            for probe in probes
            for found in [self._search(probe, count, lambda living: len(living) >= count)]
        ]

    def _persons(self, probe: NDArray[np.float32], count: int, floor: float) -> list[PersonMatch]:
        def enough(living: Sequence[ScoredFace]) -> bool:
            return len({one.person_id for one in living}) >= count

        best: dict[str, float] = {}
        for one in self._search(probe, count, enough, floor):
            best.setdefault(one.person_id, one.cosine)
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        return [PersonMatch(person_id, cosine, cosine) for person_id, cosine in ranked[:count]]

    def _search(
        self,
        probe: NDArray[np.float32],
        count: int,
        enough: Callable[[Sequence[ScoredFace]], bool],
        floor: float = -2.0,
    ) -> list[ScoredFace]:
        """The nearest living faces, best first: enough, or all there are above the floor."""
        asked = max(count, min(_MOST, max(_FEWEST, _A_CANDIDATE * count)))
        while True:
            found = self._nearest(probe, asked)
            living = [one for one in found if not {one.person_id, one.face_id} & self._deleted]
            if len(found) < asked or found[-1].cosine < floor or enough(living):
                return living
            asked *= _GROWTH


def _texts(ids: Collection[bytes]) -> frozenset[str]:
    return frozenset(str(uuid.UUID(bytes=one)) for one in ids)
