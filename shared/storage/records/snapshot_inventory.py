"""How far the search for snapshots of deleted collections has come after the upgrade."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.domain.errors import DocumentExists
from shared.storage.documents.store import DocumentContainer, Key

_KEY = Key("schema", "inventory")


@dataclass(frozen=True, slots=True)
class Inventory:
    """Where to go on.

    Attributes:
        continuation: where the next page of snapshots begins; None: at the beginning.
        unknown: incarnations that have snapshots and of which no collection was read yet.
        last: whether these are of the last page of snapshots.
        kind: number of the kind of collection that is read.
        after: the id of the last collection that was read.
        done: whether the search is over.
    """

    continuation: str | None = None
    unknown: frozenset[str] = field(default_factory=frozenset)
    last: bool = False
    kind: int = 0
    after: str = ""
    done: bool = False


class InventoryRecord:
    """Reads and writes the inventory. Timers side by side do some steps twice at worst."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def read(self) -> Inventory:
        """The inventory so far."""
        document = self._container.get(_KEY)
        if document is None:
            return Inventory()
        body = document.body
        return Inventory(
            continuation=body["continuation"],
            unknown=frozenset(body["unknown"]),
            last=body["last"],
            kind=body["kind"],
            after=body["after"],
            done=body["done"],
        )

    def write(self, inventory: Inventory) -> None:
        """Record the inventory."""
        body = {
            "continuation": inventory.continuation,
            "unknown": sorted(inventory.unknown),
            "last": inventory.last,
            "kind": inventory.kind,
            "after": inventory.after,
            "done": inventory.done,
        }
        try:
            self._container.create(_KEY, body)
        except DocumentExists:
            self._container.replace(_KEY, body)
