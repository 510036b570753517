"""The timer's work in a group, without what it does about uploads and by age."""

from __future__ import annotations

from typing import cast

from shared.services.deletion.retention import Housekeeping
from shared.services.deletion.unowned_snapshots import UnownedSnapshots
from shared.services.maintenance import Maintenance
from shared.services.uploads.reconciliation import Reconciliation
from shared.storage.layout import COLLECTIONS, PEOPLE
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.snapshot_inventory import InventoryRecord
from tests.unit.services.training.trainable_group import TrainableGroup


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
    return Maintenance(
        cast(Housekeeping, nothing),
        cast(Reconciliation, nothing),
        group.training,
        group.when_quiet,
        group.erasure,
        group.retention,
        group.repair,
        unowned_snapshots(group),
        group.tasks,
        group.queue,
        DirectoryDeletions(group.store.container(PEOPLE)),
        group.clock,
    )


def unowned_snapshots(group: TrainableGroup) -> UnownedSnapshots:
    """The timer's search for snapshots of deleted collections."""
    inventory = InventoryRecord(group.store.container(COLLECTIONS))
    return UnownedSnapshots(group.blobs, group.collections, group.tasks, inventory, group.clock)
