"""Finds and purges data of collections that were deleted with schema version 1.

There a purge was only a queue message, which may have been lost, and no document names the
collection. Everything stored under incarnations (snapshots, documents of people, memberships in
dynamic groups) is listed in pages, and each page is compared with all collections. All of it is
written after the document of its collection, and collections are read after the listing: if no
collection has an incarnation, it was deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from typing import Protocol

from shared.domain.clock import Clock
from shared.domain.collections import (
    COLLECTIONS,
    DYNAMIC_PERSON_GROUP,
    LARGE_PERSON_GROUP,
    CollectionKey,
    CollectionKind,
)
from shared.domain.errors import BadArgument
from shared.domain.identifiers import canonical_uuid
from shared.storage.account.blobs import BlobStore
from shared.storage.documents.store import DocumentContainer
from shared.storage.layout import SNAPSHOTS, snapshot_of
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.inventory import Inventory, InventoryRecord
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, TaskKind

_log = logging.getLogger(__name__)

_STEPS_PER_ROUND = 10
_LISTED_PER_STEP = 1_000
_COLLECTIONS_PER_STEP = 1_000
_MOST_EXISTING = 1_000


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a listing.

    Attributes:
        owners: the collections with entries on this page: the incarnation, followed by a slash and
            the collection's id if the listing has it.
        continuation: start of the next page; None after the last one.
    """

    owners: frozenset[str]
    continuation: str | None


class Listing(Protocol):
    """Lists data that is stored under the incarnations of collections.

    Attributes:
        title: what is listed, for the log.
        kinds: the kinds of collection that own it.
        purged_as: the kind of the purge that deletes it.
    """

    title: str
    kinds: tuple[CollectionKind, ...]
    purged_as: CollectionKind

    def page(self, continuation: str | None, *, top: int) -> Found:
        """A page of up to ``top`` entries.

        Raises:
            BadArgument: the continuation is not accepted, or not any more.
        """
        ...


class SnapshotListing:
    """The blobs of snapshots."""

    title = "snapshots"
    kinds: tuple[CollectionKind, ...] = COLLECTIONS
    purged_as = LARGE_PERSON_GROUP
    """The kind is unknown; this one has all partitions of every kind."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def page(self, continuation: str | None, *, top: int) -> Found:
        """See Listing."""
        page = self._blobs.page(SNAPSHOTS, top=top, continuation=continuation)
        folders = (snapshot_of(blob.name)[0] for blob in page.blobs)
        return Found(_incarnations(folders), page.continuation)


class PeopleListing:
    """The partitions of persons, persisted faces and marks."""

    title = "documents"
    kinds: tuple[CollectionKind, ...] = COLLECTIONS
    purged_as = LARGE_PERSON_GROUP

    def __init__(self, people: DocumentContainer) -> None:
        self._people = people

    def page(self, continuation: str | None, *, top: int) -> Found:
        """See Listing."""
        page = self._people.partitions(continuation, limit=top)
        names = (name.partition(":")[0] for name in page.names)
        return Found(_incarnations(names), page.continuation)


class MembershipListing:
    """The references of the directory's persons to dynamic groups."""

    title = "memberships"
    kinds: tuple[CollectionKind, ...] = (DYNAMIC_PERSON_GROUP,)
    purged_as = DYNAMIC_PERSON_GROUP

    def __init__(self, memberships: Memberships) -> None:
        self._memberships = memberships

    def page(self, continuation: str | None, *, top: int) -> Found:
        """See Listing."""
        page = self._memberships.references(continuation, limit=top)
        owners = {f"{group.incarnation}/{group.group_id}" for group in page.groups}
        return Found(frozenset(owners), page.continuation)


class UnownedData:
    """Searches a listing once after the upgrade, in a few bounded steps per round of the timer."""

    def __init__(
        self,
        listing: Listing,
        collections: CollectionRecords,
        tasks: PendingTasks,
        inventory: InventoryRecord,
        clock: Clock,
    ) -> None:
        self._listing = listing
        self._collections = collections
        self._tasks = tasks
        self._inventory = inventory
        self._clock = clock

    def run(self) -> None:
        """Run up to ten steps: each lists a page, or compares a page with 1,000 collections."""
        reached = self._inventory.read()
        for _ in range(_STEPS_PER_ROUND):
            if reached.done:
                return
            reached = self._read(reached) if reached.unknown else self._list(reached)
            self._inventory.write(reached)

    def _list(self, reached: Inventory) -> Inventory:
        try:
            page = self._listing.page(reached.continuation, top=_LISTED_PER_STEP)
        except BadArgument:
            if reached.continuation is None:
                raise
            # The store no longer accepts it, for example after a failover: list all again.
            _log.warning("the listing of %s starts over", self._listing.title)
            return Inventory()
        unknown = page.owners - reached.living
        last = page.continuation is None
        return Inventory(
            page.continuation, unknown, reached.living, last=last, done=last and not unknown
        )

    def _read(self, reached: Inventory) -> Inventory:
        kinds = self._listing.kinds
        found = self._collections.page(
            kinds[reached.kind], start=reached.after, top=_COLLECTIONS_PER_STEP
        )
        existing = {collection.incarnation for collection in found}
        living = frozenset(one for one in reached.unknown if one.partition("/")[0] in existing)
        unknown = reached.unknown - living
        known = _at_most(_MOST_EXISTING, reached.living | living, living)
        following = replace(reached, unknown=unknown, living=known)
        if unknown and len(found) == _COLLECTIONS_PER_STEP:
            return replace(following, after=found[-1].collection_id)
        if unknown and reached.kind + 1 < len(kinds):
            return replace(following, kind=reached.kind + 1, after="")
        self._purge(unknown)
        return Inventory(reached.continuation, living=known, done=reached.last)

    def _purge(self, owners: Set[str]) -> None:
        """Add purges to the pending tasks; existing tasks are not changed."""
        now = self._clock.now()
        for owner in owners:
            incarnation, _, collection_id = owner.partition("/")
            key = CollectionKey(self._listing.purged_as, collection_id or incarnation)
            self._tasks.ensure(PendingTask(TaskKind.PURGE, key, incarnation, now))
        if owners:
            _log.warning(
                "%s of deleted collections found",
                self._listing.title,
                extra={"collections": len(owners)},
            )


def _incarnations(names: Iterable[str]) -> frozenset[str]:
    """The names that are incarnations; others have another origin."""
    return frozenset(name for name in names if canonical_uuid(name) == name)


def _at_most(number: int, everything: frozenset[str], newest: frozenset[str]) -> frozenset[str]:
    """Everything, or only the newest if everything is more than ``number``."""
    return everything if len(everything) <= number else newest
