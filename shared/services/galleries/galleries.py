"""Opens the gallery of a collection: the snapshot in use, without what was deleted since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.collections import CollectionKey
from shared.domain.errors import ConcurrentOperation, NotTrained, TrainingNotFinished
from shared.domain.values import Collection, TrainingRecord, TrainingStatus
from shared.domain.vectors import VectorVersion
from shared.gallery.search.vector_index import (
    NO_FLOOR,
    FaceMatch,
    GallerySize,
    PersonMatch,
    VectorIndex,
)
from shared.gallery.snapshots.cache import SnapshotName
from shared.services.galleries.followed_marks import FollowedMarks
from shared.services.galleries.index_selector import TrainedCollections
from shared.services.galleries.outdated import OutdatedSnapshots
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.trainings import TrainingRecords

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """What one search reads: a collection, and its trained faces without those deleted since.

    Attributes:
        version: of the training.
    """

    collection: Collection
    faces: VectorIndex
    version: str


class Galleries:
    """Opens the gallery of a collection as of its last training, without what was deleted since.

    Args:
        restore: trains a collection again whose snapshot of that version is missing.
    """

    def __init__(
        self,
        collections: CollectionRecords,
        trainings: TrainingRecords,
        marks: FollowedMarks,
        trained: TrainedCollections,
        restore: Callable[[CollectionKey, str], None],
        outdated: OutdatedSnapshots,
    ) -> None:
        self._collections = collections
        self._trainings = trainings
        self._marks = marks
        self._trained = trained
        self._restore = restore
        self._outdated = outdated

    def open(self, key: CollectionKey) -> Gallery:
        """The gallery to search now.

        Raises:
            CollectionNotFound: there is no such collection.
            NotTrained: it has never been trained successfully.
            TrainingNotFinished: its first training is running, or its snapshot is missing and it is
                trained again.
            Unavailable: the snapshot cannot be fetched at the moment.
            ConcurrentOperation: it is retrained faster than it can be read.
        """
        for _ in range(_ATTEMPTS):
            collection = self._collections.get(key)
            # Before the training record: see FollowedMarks.read.
            deleted = self._marks.read(collection)
            version = self._version(key, collection)
            if not self._marks.are_of(collection.incarnation, version):
                continue
            trained = self._trained.get(SnapshotName(collection.incarnation, version))
            if trained is not None:
                if trained.outdated:
                    self._outdated.report(collection, version)
                faces = trained.excluding(deleted)
                lasting = self._lasting(key, collection, version, faces)
                return Gallery(collection, lasting, version)
            if self._version(key, collection) == version:
                self._restore(key, version)
        raise ConcurrentOperation(key.collection_id)

    def _lasting(
        self, key: CollectionKey, collection: Collection, version: str, faces: VectorIndex
    ) -> VectorIndex:
        """Faces whose search results are complete even if the version is deleted meanwhile."""
        if VectorVersion.parse(version) is None:
            return faces  # Mapped into memory: an open file stays readable.

        def check() -> None:
            if self._version(key, collection) != version:
                raise ConcurrentOperation(key.collection_id)

        return _CheckedFaces(faces, check)

    def _version(self, key: CollectionKey, collection: Collection) -> str:
        stored = self._trainings.find(key)
        if stored is None or stored.record.incarnation != collection.incarnation:
            raise NotTrained(key.kind)
        if stored.record.snapshot is None:
            raise _untrained(key, stored.record)
        return stored.record.snapshot


class _CheckedFaces:
    """A VectorIndex that checks after every search whether its version is still in use.

    Args:
        check: raises ConcurrentOperation if it is not.
    """

    def __init__(self, faces: VectorIndex, check: Callable[[], None]) -> None:
        self._faces = faces
        self._check = check

    @property
    def model(self) -> str:
        """See VectorIndex.model."""
        return self._faces.model

    @property
    def size(self) -> GallerySize:
        """See VectorIndex.size."""
        return self._faces.size

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
        found = self._faces.nearest_persons(
            probes, count=count, floor=floor, least=least, handicaps=handicaps
        )
        self._check()
        return found

    def nearest_faces(self, probes: NDArray[np.float32], *, count: int) -> list[list[FaceMatch]]:
        """See VectorIndex.nearest_faces."""
        found = self._faces.nearest_faces(probes, count=count)
        self._check()
        return found


def _untrained(key: CollectionKey, record: TrainingRecord) -> NotTrained | TrainingNotFinished:
    if record.status is TrainingStatus.RUNNING:
        return TrainingNotFinished(key.kind)
    return NotTrained(key.kind)
