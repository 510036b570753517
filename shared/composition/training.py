"""What trains and what erases: the part of the composition about snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.composition.comparison import ComparisonRoot
from shared.composition.locked_cached_property import locked_cached_property

if TYPE_CHECKING:
    from pathlib import Path

    from shared.gallery.snapshots.cache import SnapshotCache
    from shared.services.deletion.erasure import Erasure
    from shared.services.training.builder import SnapshotBuilder
    from shared.services.training.training import Training


class TrainingRoot(ComparisonRoot):
    """Trainings, the snapshots that they write, and the erasure of what was deleted from them.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    @locked_cached_property
    def training(self) -> Training:
        """Trainings."""
        from shared.services.training.training import Training

        return Training(
            self._collections,
            self._trainings,
            self._snapshot_builder,
            self._queues,
            self._new_id,
            self._clock,
        )

    @locked_cached_property
    def erasure(self) -> Erasure:
        """Erasing deleted faces from what trainings wrote."""
        from shared.services.deletion.erasure import Erasure
        from shared.services.deletion.snapshot_eraser import SnapshotEraser

        return Erasure(
            self._collections,
            self._trainings,
            self._tombstones,
            self.training,
            self._snapshot_builder,
            SnapshotEraser(self._blobs, self._work_directory, self._new_id, self._clock),
            self._snapshots,
            self._queues,
            self._vectors,
        )

    @locked_cached_property
    def _snapshots(self) -> SnapshotCache:
        from shared.gallery.snapshots.cache import SnapshotCache
        from shared.services.training.builder import BlobSnapshots

        return SnapshotCache(
            self.settings.data_directory / "cache" / "snapshots",
            BlobSnapshots(self._blobs),
            maximum_bytes=self.settings.cache_maximum_bytes,
        )

    @locked_cached_property
    def _snapshot_builder(self) -> SnapshotBuilder:
        from shared.services.training.builder import SnapshotBuilder

        return SnapshotBuilder(
            self._training_faces,
            self._tombstones,
            self._blobs,
            self._work_directory,
            self._new_id,
            self._clock,
            vectors=self._vector_filling,
        )

    @property
    def _work_directory(self) -> Path:
        return self.settings.data_directory / "training"
