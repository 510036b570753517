"""Progress of the searches, after the upgrade to schema 2, for what deleted collections left."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.domain.errors import DocumentExists
from shared.storage.documents.store import DocumentContainer, Key

SNAPSHOT_INVENTORY = "inventory"
PEOPLE_INVENTORY = "inventory-people"
MEMBERSHIP_INVENTORY = "inventory-memberships"


@dataclass(frozen=True, slots=True)
class Inventory:
    """The progress of one search.

    Attributes:
        continuation: where the next page of the listing begins; None: at the beginning.
        unknown: owners that were listed and whose collections have not been found yet.
        living: some of the owners whose collections have been found.
        last: whether the unknown owners are those of the last page of the listing.
        kind: number of the kind of collection that is being read.
        after: the id of the last collection read.
        done: whether the search is over.
    """

    continuation: str | None = None
    unknown: frozenset[str] = field(default_factory=frozenset)
    living: frozenset[str] = field(default_factory=frozenset)
    last: bool = False
    kind: int = 0
    after: str = ""
    done: bool = False


class InventoryRecord:
    """Reads and writes an inventory. Timers that run concurrently repeat some steps at worst.

    Args:
        name: the id of its document.
    """

    def __init__(self, container: DocumentContainer, name: str) -> None:
        self._container = container
        self._key = Key("schema", name)

    def read(self) -> Inventory:
        """The inventory so far."""
        document = self._container.get(self._key)
        if document is None:
            return Inventory()
        body = document.body
        return Inventory(
            continuation=body["continuation"],
            unknown=frozenset(body["unknown"]),
            living=frozenset(body.get("living", ())),
            last=body["last"],
            kind=body["kind"],
            after=body["after"],
            done=body["done"],
        )

    def write(self, inventory: Inventory) -> None:
        """Store the inventory."""
        body = {
            "continuation": inventory.continuation,
            "unknown": sorted(inventory.unknown),
            "living": sorted(inventory.living),
            "last": inventory.last,
            "kind": inventory.kind,
            "after": inventory.after,
            "done": inventory.done,
        }
        try:
            self._container.create(self._key, body)
        except DocumentExists:
            self._container.replace(self._key, body)
