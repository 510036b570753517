"""Selects where the faces of a training are searched: in memory, or in the vector index."""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import partial
from typing import Protocol

from shared.domain.vectors import VectorVersion
from shared.gallery.search.indexed_faces import IndexedCollection
from shared.gallery.search.vector_index import GallerySize, TrainedCollection
from shared.gallery.snapshots.cache import SnapshotCache, SnapshotName
from shared.storage.vectors.face_vectors import FaceVectors

_KEPT = 200
"""Maximum number of cached collections of the vector index: a few kilobytes each."""


class TrainedCollections(Protocol):
    """Opens the versions that trainings wrote."""

    def get(self, name: SnapshotName) -> TrainedCollection | None:
        """The faces of a version; None if it does not exist any more."""
        ...


class IndexSelector:
    """Opens versions in memory or in the vector index, according to their names.

    Args:
        snapshots: opens versions in memory.
        vectors: searches versions in the vector index.
    """

    def __init__(self, snapshots: SnapshotCache, vectors: FaceVectors) -> None:
        self._snapshots = snapshots
        self._vectors = vectors
        self._lock = threading.Lock()
        self._opened: OrderedDict[SnapshotName, IndexedCollection] = OrderedDict()

    def get(self, name: SnapshotName) -> TrainedCollection | None:
        """See TrainedCollections.get."""
        version = VectorVersion.parse(name.version)
        if version is None:
            return self._snapshots.get(name)
        with self._lock:
            opened = self._opened.get(name)
            if opened is None:
                nearest = partial(self._vectors.nearest, name.incarnation, version)
                size = GallerySize(version.faces, version.normalised, of_probes=False)
                opened = self._opened[name] = IndexedCollection(version.model, nearest, size)
                if len(self._opened) > _KEPT:
                    self._opened.popitem(last=False)
            self._opened.move_to_end(name)
        return opened
