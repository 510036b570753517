"""Finds the snapshots of collections that versions before schema 2 deleted, and purges them.

A purge that was only a queue message may have been lost before the upgrade, and no document names
the collection. Snapshots are listed page by page, and all collections are read against
each page. A snapshot is written after the document of its collection, and collections are read
after the snapshots were listed: an incarnation that none of them has was deleted.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from shared.domain.clock import Clock
from shared.domain.collections import COLLECTIONS, LARGE_PERSON_GROUP, CollectionKey
from shared.domain.errors import BadArgument
from shared.domain.identifiers import canonical_uuid
from shared.storage.account.blobs import BlobStore
from shared.storage.layout import SNAPSHOTS
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, TaskKind
from shared.storage.records.snapshot_inventory import Inventory, InventoryRecord

_log = logging.getLogger(__name__)

_SNAPSHOTS_A_ROUND = 2_000
_COLLECTIONS_A_ROUND = 1_000


class UnownedSnapshots:
    """Searches once after the upgrade, one bounded step in every round of the timer."""

    def __init__(
        self,
        blobs: BlobStore,
        collections: CollectionRecords,
        tasks: PendingTasks,
        inventory: InventoryRecord,
        clock: Clock,
    ) -> None:
        self._blobs = blobs
        self._collections = collections
        self._tasks = tasks
        self._inventory = inventory
        self._clock = clock

    def step(self) -> None:
        """List up to 2,000 snapshots, or read up to 1,000 collections against those listed."""
        reached = self._inventory.read()
        if reached.done:
            return
        self._inventory.write(self._read(reached) if reached.unknown else self._list(reached))

    def _list(self, reached: Inventory) -> Inventory:
        try:
            page = self._blobs.page(
                SNAPSHOTS, top=_SNAPSHOTS_A_ROUND, continuation=reached.continuation
            )
        except BadArgument:
            if reached.continuation is None:
                raise
            # The account no longer accepts it, for example after a failover: list all again.
            _log.warning("the listing of snapshots starts over")
            return Inventory()
        folders = {blob.name.partition("/")[0] for blob in page.blobs}
        unknown = frozenset(folder for folder in folders if canonical_uuid(folder) == folder)
        last = page.continuation is None
        return Inventory(page.continuation, unknown, last=last, done=last and not unknown)

    def _read(self, reached: Inventory) -> Inventory:
        kind = COLLECTIONS[reached.kind]
        found = self._collections.page(kind, start=reached.after, top=_COLLECTIONS_A_ROUND)
        unknown = reached.unknown - {collection.incarnation for collection in found}
        if unknown and len(found) == _COLLECTIONS_A_ROUND:
            return replace(reached, unknown=unknown, after=found[-1].collection_id)
        if unknown and reached.kind + 1 < len(COLLECTIONS):
            return replace(reached, unknown=unknown, kind=reached.kind + 1, after="")
        self._purge(unknown)
        return Inventory(reached.continuation, done=reached.last)

    def _purge(self, incarnations: frozenset[str]) -> None:
        """Add purges to the pending tasks; those that are there already stay as they are."""
        now = self._clock.now()
        for incarnation in incarnations:
            # Kind and id are unknown; a large person group has every partition that others have.
            key = CollectionKey(LARGE_PERSON_GROUP, incarnation)
            self._tasks.ensure(PendingTask(TaskKind.PURGE, key, incarnation, now))
        if incarnations:
            _log.warning(
                "snapshots of deleted collections found", extra={"collections": len(incarnations)}
            )
