"""Training: runs, and the snapshots and vectors that they write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart

if TYPE_CHECKING:
    from pathlib import Path

    from shared.services.training.builder import SnapshotBuilder
    from shared.services.training.cohort_policy import CohortPolicy
    from shared.services.training.quiet_training import TrainingWhenQuiet
    from shared.services.training.training import Training
    from shared.services.training.vector_index_builder import VectorIndexBuilder


@dataclass(frozen=True, eq=False)
class TrainingPart:
    """Training: runs, and the snapshots and vectors that they write.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    _foundation: Foundation
    _storage: StoragePart

    @locked_cached_property
    def runs(self) -> Training:
        """Trainings."""
        from shared.services.training.training import Training

        return Training(
            self._storage.collections,
            self._storage.trainings,
            self._storage.tasks,
            self.snapshot_builder,
            self._storage.queues,
            self._foundation.new_id,
            self._foundation.clock,
        )

    @locked_cached_property
    def when_quiet(self) -> TrainingWhenQuiet:
        """Trainings after enrolments by upload."""
        from shared.services.training.quiet_training import TrainingWhenQuiet

        return TrainingWhenQuiet(
            self.runs,
            self._storage.tasks,
            self._storage.queues,
            self._foundation.clock,
            quiet=self._foundation.settings.train_when_quiet,
        )

    @locked_cached_property
    def snapshot_builder(self) -> SnapshotBuilder:
        """Writes snapshots."""
        from shared.services.training.builder import SnapshotBuilder
        from shared.services.training.source import TrainingSource

        return SnapshotBuilder(
            TrainingSource(self._storage.training_faces, self._storage.marks),
            self._storage.blobs,
            self.work_directory,
            self._foundation.new_id,
            self._foundation.clock,
            cohorts=self.cohort_policy,
            vectors=self.vector_index_builder,
        )

    @locked_cached_property
    def cohort_policy(self) -> CohortPolicy:
        """Decides which trainings draw a cohort."""
        from shared.services.training.cohort_policy import CohortPolicy

        return CohortPolicy(self._foundation.identification_fits)

    @locked_cached_property
    def vector_index_builder(self) -> VectorIndexBuilder | None:
        """Fills the store's vector index; None if it has none."""
        if self._storage.vectors is None:
            return None
        from shared.services.training.vector_index_builder import VectorIndexBuilder

        return VectorIndexBuilder(
            self._storage.vectors,
            self._storage.blobs,
            self._foundation.new_id,
            faces_from=self._foundation.settings.store.vector_index_from,
        )

    @property
    def work_directory(self) -> Path:
        """Folder for snapshots in progress."""
        from shared.storage.layout import WORK_FOLDER

        return self._foundation.settings.data_directory / WORK_FOLDER
