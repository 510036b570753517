"""Deletion: collections and faces, and their data in snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.composition.galleries import GalleryPart
from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart
from shared.composition.training import TrainingPart

if TYPE_CHECKING:
    from shared.services.deletion.erasure import Erasure
    from shared.services.deletion.housekeeping import Housekeeping
    from shared.services.deletion.lifecycle import CollectionLifecycle
    from shared.services.deletion.marked_deletions import MarkedDeletions
    from shared.services.deletion.outdated_uploads import OutdatedUploads
    from shared.services.deletion.purge import CollectionPurge
    from shared.services.deletion.repair import Repair
    from shared.services.deletion.report import DeletionReports
    from shared.services.deletion.trained_data import TrainedData
    from shared.services.deletion.unowned_data import UnownedData
    from shared.services.uploads.named_results import NamedResults


@dataclass(frozen=True, eq=False)
class DeletionPart:
    """Deletion: collections and faces, and their data in snapshots.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    _foundation: Foundation
    _storage: StoragePart
    _training: TrainingPart
    _galleries: GalleryPart

    @locked_cached_property
    def erasure(self) -> Erasure:
        """Finishes the deletions inside collections."""
        from shared.services.deletion.erasure import Erasure

        return Erasure(
            self._storage.collections,
            self._storage.marks,
            self._storage.tasks,
            self._marked_deletions,
            self.repair,
            self._storage.queues,
            self._foundation.new_id,
            self._foundation.clock,
        )

    @locked_cached_property
    def _marked_deletions(self) -> MarkedDeletions:
        """Deletes the data of marked persons and faces."""
        from shared.services.deletion.marked_deletions import MarkedDeletions
        from shared.services.queue_policy import COHORT_MARKS_KEPT

        return MarkedDeletions(
            self._storage.store,
            self._storage.marks,
            self._storage.collection_deletions,
            self.named_results,
            self._trained_data,
            self._foundation.clock,
            marks_kept=COHORT_MARKS_KEPT if self._foundation.settings.cohort_file else timedelta(0),
        )

    @locked_cached_property
    def _trained_data(self) -> TrainedData:
        """Deletes persons and faces from snapshots and from the vector index."""
        from shared.services.deletion.snapshot_eraser import SnapshotEraser
        from shared.services.deletion.trained_data import TrainedData

        eraser = SnapshotEraser(
            self._storage.blobs,
            self._training.work_directory,
            self._foundation.new_id,
            self._foundation.clock,
            self._training.cohort_policy,
        )
        return TrainedData(
            self._storage.trainings,
            self._training.runs,
            self._training.snapshot_builder,
            eraser,
            [self._galleries.snapshots, self._storage.duplicate_searches],
            self._storage.vectors,
        )

    @locked_cached_property
    def repair(self) -> Repair:
        """Repairs what deletions of earlier versions left."""
        from shared.services.deletion.repair import Repair
        from shared.storage.layout import COLLECTIONS, PEOPLE
        from shared.storage.records.collections.tombstones import TombstoneRecords
        from shared.storage.records.repair_progress import RepairProgressRecord

        people = self._storage.store.container(PEOPLE)
        return Repair(
            people,
            self._storage.collections,
            TombstoneRecords(people),
            self._storage.marks,
            self._storage.collection_deletions,
            self._storage.tasks,
            RepairProgressRecord(self._storage.store.container(COLLECTIONS)),
            self._training.runs,
            self._foundation.clock,
        )

    @locked_cached_property
    def unowned_data(self) -> tuple[UnownedData, ...]:
        """Searches for what remains of collections that earlier versions deleted."""
        from shared.services.deletion.unowned_data import (
            MembershipListing,
            PeopleListing,
            SnapshotListing,
            UnownedData,
        )
        from shared.storage.layout import COLLECTIONS, PEOPLE
        from shared.storage.records.inventory import (
            MEMBERSHIP_INVENTORY,
            PEOPLE_INVENTORY,
            SNAPSHOT_INVENTORY,
            InventoryRecord,
        )

        records = self._storage.store.container(COLLECTIONS)
        searched = (
            (SnapshotListing(self._storage.blobs), SNAPSHOT_INVENTORY),
            (PeopleListing(self._storage.store.container(PEOPLE)), PEOPLE_INVENTORY),
            (MembershipListing(self._storage.memberships), MEMBERSHIP_INVENTORY),
        )
        return tuple(
            UnownedData(
                listing,
                self._storage.collections,
                self._storage.tasks,
                InventoryRecord(records, name),
                self._foundation.clock,
            )
            for listing, name in searched
        )

    @locked_cached_property
    def purge(self) -> CollectionPurge:
        """Purges deleted collections and persons."""
        from shared.services.deletion.purge import CollectionPurge
        from shared.storage.layout import PEOPLE

        return CollectionPurge(
            self._storage.collections,
            self._storage.store.container(PEOPLE),
            self._storage.blobs,
            self._storage.queues,
            self._storage.tasks,
            [
                self._galleries.snapshots,
                self._galleries.live_lists,
                self._galleries.followed_marks,
                self._storage.duplicate_searches,
            ],
            self._storage.memberships,
            self.named_results,
            self._foundation.clock,
            self._storage.vectors,
        )

    @locked_cached_property
    def named_results(self) -> NamedResults:
        """Rewrites results of uploads that name deleted persons and faces."""
        from shared.services.uploads.named_results import NamedResults

        return NamedResults(
            self._storage.named_results,
            self._storage.blobs,
            self._storage.collections,
            self._storage.people,
        )

    @locked_cached_property
    def lifecycle(self) -> CollectionLifecycle:
        """Deletes persons and faces."""
        from shared.services.deletion.lifecycle import CollectionLifecycle

        return CollectionLifecycle(
            self._storage.collections,
            self._storage.collection_deletions,
            self._storage.listed_faces,
            self.purge,
            self.outdated_uploads,
        )

    @locked_cached_property
    def outdated_uploads(self) -> OutdatedUploads:
        """Prevents older uploads from enrolling again what was deleted."""
        from shared.services.deletion.outdated_uploads import OutdatedUploads

        return OutdatedUploads(
            self._storage.blobs, self._storage.deletion_moments, self._foundation.clock
        )

    @locked_cached_property
    def housekeeping(self) -> Housekeeping:
        """Deletes expired data."""
        from shared.services.deletion.housekeeping import Housekeeping

        return Housekeeping(
            self._storage.store,
            self._storage.blobs,
            self._foundation.clock,
            upload_days=self._foundation.settings.upload_retention_days,
        )

    @locked_cached_property
    def reports(self) -> DeletionReports:
        """Reports the progress of deletions."""
        from shared.services.deletion.report import DeletionReports

        return DeletionReports(
            self._storage.collections,
            self._storage.trainings,
            self._storage.people,
            self._storage.listed_faces,
            self._storage.marks,
            self._storage.tasks,
            self._storage.directory,
            self._storage.deletions,
            self._storage.named_results,
            self._foundation.clock,
        )
