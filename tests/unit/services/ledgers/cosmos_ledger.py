"""A ledger's store on the protocol server, through the unmodified SDK."""

from __future__ import annotations

from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.store import CosmosDocumentStore
from shared.storage.documents.store import DocumentStore
from tests.cosmos_server.server import CosmosServer
from tests.unit.services.ledgers.ledger import Ledger


class OnCosmos(Ledger):
    """Comes before a ledger among the bases of a class: the same ledger, with this store."""

    def open_store(self) -> DocumentStore | None:
        """A store whose documents expire by the ledger's clock."""
        self.server = CosmosServer(now=lambda: self.clock.now().timestamp())
        self.server.__enter__()
        return CosmosDocumentStore(CosmosConnection(self.server.url, key=self.server.key))

    def teardown(self) -> None:
        """See Ledger."""
        try:
            super().teardown()
        finally:
            self.server.__exit__(None, None, None)
