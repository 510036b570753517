"""The timer's work in a group, without what it does about uploads and by age."""

from __future__ import annotations

from typing import cast

from shared.services.deletion.housekeeping import Housekeeping
from shared.services.deletion.unowned_data import (
    MembershipListing,
    PeopleListing,
    SnapshotListing,
    UnownedData,
)
from shared.services.maintenance import Maintenance
from shared.services.pending_work import PendingWork
from shared.services.uploads.reconciliation import Reconciliation
from shared.storage.layout import COLLECTIONS, PEOPLE
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.inventory import (
    MEMBERSHIP_INVENTORY,
    PEOPLE_INVENTORY,
    SNAPSHOT_INVENTORY,
    InventoryRecord,
)
from tests.unit.services.groups.trainable_group import TrainableGroup


class _Nothing:
    """Maintenance that is tested elsewhere."""

    def sweep(self) -> None:
        """Nothing."""

    def reconcile(self) -> int:
        """Nothing."""
        return 0


def maintenance(group: TrainableGroup) -> Maintenance:
    """The timer's work without uploads and expired documents."""
    nothing = _Nothing()
    pending = PendingWork(
        group.tasks,
        group.queue,
        group.erasure,
        group.collection_purge,
        group.training,
        group.when_quiet,
        group.clock,
    )
    return Maintenance(
        cast(Housekeeping, nothing),
        cast(Reconciliation, nothing),
        pending,
        group.repair,
        unowned_data(group),
        group.queue,
        DirectoryDeletions(group.store.container(PEOPLE)),
    )


def unowned_data(group: TrainableGroup) -> tuple[UnownedData, ...]:
    """The timer's searches for what deleted collections left: snapshots, documents, memberships."""
    records, people = group.store.container(COLLECTIONS), group.store.container(PEOPLE)
    searched = (
        (SnapshotListing(group.blobs), SNAPSHOT_INVENTORY),
        (PeopleListing(people), PEOPLE_INVENTORY),
        (MembershipListing(Memberships(people)), MEMBERSHIP_INVENTORY),
    )
    return tuple(
        UnownedData(
            listing, group.collections, group.tasks, InventoryRecord(records, name), group.clock
        )
        for listing, name in searched
    )
