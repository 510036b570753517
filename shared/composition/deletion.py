"""Deletion: collections and faces, and their data in snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.composition.foundation import Foundation
from shared.composition.galleries import GalleryPart
from shared.composition.locked_cached_property import locked_cached_property
from shared.composition.storage import StoragePart
from shared.composition.training import TrainingPart

if TYPE_CHECKING:
    from shared.services.deletion.erasure import Erasure
    from shared.services.deletion.mark import CollectionLifecycle
    from shared.services.deletion.retention import Housekeeping, Retention


class DeletionPart:
    """Deletion: collections and faces, and their data in snapshots.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    def __init__(
        self,
        foundation: Foundation,
        storage: StoragePart,
        training: TrainingPart,
        galleries: GalleryPart,
    ) -> None:
        self._foundation = foundation
        self._storage = storage
        self._training = training
        self._galleries = galleries

    @locked_cached_property
    def erasure(self) -> Erasure:
        """Erases deleted faces from snapshots."""
        from shared.services.deletion.erasure import Erasure
        from shared.services.deletion.snapshot_eraser import SnapshotEraser

        return Erasure(
            self._storage.collections,
            self._storage.trainings,
            self._storage.tombstones,
            self._training.runs,
            self._training.snapshot_builder,
            SnapshotEraser(
                self._storage.blobs,
                self._training.work_directory,
                self._foundation.new_id,
                self._foundation.clock,
                self._training.cohort_policy,
            ),
            self._galleries.snapshots,
            self._storage.queues,
            self._storage.vectors,
        )

    @locked_cached_property
    def retention(self) -> Retention:
        """Purges deleted collections and persons."""
        from shared.services.deletion.retention import Retention
        from shared.storage.layout import PEOPLE

        return Retention(
            self._storage.collections,
            self._storage.store.container(PEOPLE),
            self._storage.blobs,
            self._storage.queues,
            [self._galleries.snapshots, self._galleries.live_lists],
            self._storage.memberships,
            self._storage.vectors,
        )

    @locked_cached_property
    def lifecycle(self) -> CollectionLifecycle:
        """Deletes collections, persons and faces."""
        from shared.services.deletion.mark import CollectionLifecycle

        return CollectionLifecycle(
            self._storage.collections, self._storage.tombstones, self.retention, self.erasure
        )

    @locked_cached_property
    def housekeeping(self) -> Housekeeping:
        """Deletes expired data."""
        from shared.services.deletion.retention import Housekeeping

        return Housekeeping(
            self._storage.store,
            self._storage.blobs,
            self._foundation.clock,
            upload_days=self._foundation.settings.upload_retention_days,
        )
