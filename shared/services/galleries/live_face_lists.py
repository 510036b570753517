"""The current faces of face lists, cached for searches.

A full list has a thousand documents and one roster. A list is therefore cached with the revision
of its roster and read again when that has changed. The cached faces may include a change that is
newer than the revision; the next search then reads the list once more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import FaceListNotReady
from shared.domain.values import Collection
from shared.storage.records.collections.listed_faces import ListedFaces

_MAXIMUM_BYTES = 64_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LiveFaceList:
    """The faces of a face list.

    Attributes:
        face_ids: persistedFaceIds, ascending.
        vectors: float32, (faces, dimension), unit rows in the order of the ids; empty if the faces
            have several models: such a list cannot be searched, and dimensions may differ.
        models: the embedding model of each row.
    """

    face_ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    models: tuple[str, ...]


class LiveFaceLists:
    """Caches face lists; the least recently searched are dropped first."""

    def __init__(self, faces: ListedFaces, *, maximum_bytes: int = _MAXIMUM_BYTES) -> None:
        self._faces = faces
        self._maximum = maximum_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[str, LiveFaceList]] = OrderedDict()

    def open(self, collection: Collection) -> LiveFaceList:
        """The current faces of a face list.

        Raises:
            FaceListNotReady: the list is empty.
        """
        revision = self._faces.roster(collection).revision
        with self._lock:
            known = self._kept.get(collection.incarnation)
            if known is not None and known[0] == revision:
                self._kept.move_to_end(collection.incarnation)
                return known[1]
        faces = self._faces.all(collection)
        if not faces:
            raise FaceListNotReady
        models = tuple(face.embedding.model for face in faces)
        vectors = np.empty((0, 0), np.float32)
        if len(set(models)) == 1:
            vectors = np.stack([face.embedding.vector for face in faces])
        read = LiveFaceList(tuple(face.persisted_face_id for face in faces), vectors, models)
        with self._lock:
            self._kept[collection.incarnation] = (revision, read)
            self._kept.move_to_end(collection.incarnation)
            while len(self._kept) > 1 and self._size() > self._maximum:
                self._kept.popitem(last=False)
        return read

    def forget(self, incarnation: str) -> None:
        """Drop a list."""
        with self._lock:
            self._kept.pop(incarnation, None)

    def _size(self) -> int:
        return sum(kept.vectors.nbytes for _, kept in self._kept.values())
