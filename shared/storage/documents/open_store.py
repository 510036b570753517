"""The registry of document stores, and the one place that opens one."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.clock import Clock
from shared.storage.documents.checked import CheckedDocumentStore
from shared.storage.documents.cosmos.location import CosmosLocation
from shared.storage.documents.location import StoreLocation
from shared.storage.documents.schema import VersionedDocumentStore
from shared.storage.documents.sqlite.location import SqliteLocation

STORES: Mapping[str, type[StoreLocation]] = {
    "sqlite": SqliteLocation,
    "cosmos": CosmosLocation,
}
"""Each store by its name in FACE_STORE; the first is the default."""


def open_store(location: StoreLocation, clock: Clock) -> VersionedDocumentStore:
    """Open the store that a location names.

    Raises:
        ConfigurationError: a newer version of the service has written to the store, it is not a
            store of this service, or access is denied.
        Unavailable: it cannot be reached.
    """
    store = location.open(clock)
    try:
        return VersionedDocumentStore(CheckedDocumentStore(store))
    except BaseException:
        store.close()
        raise
