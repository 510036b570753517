"""Which document store there is, and opening it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shared.domain.clock import Clock
from shared.storage.documents.cosmos.location import CosmosConnection
from shared.storage.documents.schema import VersionedDocumentStore

if TYPE_CHECKING:
    from shared.storage.documents.store import DocumentStore

SQLITE_FILE = "lineament.sqlite"


def open_documents(
    cosmos: CosmosConnection | None, data_directory: Path, clock: Clock
) -> VersionedDocumentStore:
    """Open Cosmos DB where it is given, else the SQLite file in the data directory.

    Raises:
        ConfigurationError: a newer version of the service has written there, or it is no store of
            this service, or its keeper refuses us.
        Unavailable: it cannot be reached.
    """
    store = _open(cosmos, data_directory, clock)
    try:
        return VersionedDocumentStore(store)
    except BaseException:
        store.close()
        raise


def _open(cosmos: CosmosConnection | None, data_directory: Path, clock: Clock) -> DocumentStore:
    # Imported here: nobody needs both.
    if cosmos is not None:
        from shared.storage.documents.cosmos.store import CosmosDocumentStore

        return CosmosDocumentStore(cosmos)
    from shared.storage.documents.sqlite.store import SqliteDocumentStore

    data_directory.mkdir(parents=True, exist_ok=True)
    return SqliteDocumentStore(data_directory / SQLITE_FILE, clock=clock)
