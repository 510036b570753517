"""Location of documents in Cosmos DB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.clock import Clock
from shared.storage.documents.cosmos.connection import CosmosConnection

if TYPE_CHECKING:
    from shared.storage.documents.cosmos.store import CosmosDocumentStore


@dataclass(frozen=True, slots=True)
class CosmosLocation(CosmosConnection):
    """A database of a Cosmos DB account; see StoreLocation."""

    def open(self, clock: Clock) -> CosmosDocumentStore:
        """See StoreLocation.open; times to live follow Cosmos DB's own clock."""
        return self._connect()

    def check_exists(self) -> None:
        """See StoreLocation.check_exists; nothing can be checked without connecting."""

    @property
    def open_vectors(self) -> Callable[[], CosmosDocumentStore]:
        """Connects to Cosmos DB, whose containers have vector indexes."""
        return self._connect

    def _connect(self) -> CosmosDocumentStore:
        from shared.storage.documents.cosmos.store import CosmosDocumentStore

        return CosmosDocumentStore(self)
