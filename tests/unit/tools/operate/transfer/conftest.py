"""Stores to move data between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.domain.clock import SystemClock
from shared.storage.documents.cosmos.location import CosmosLocation
from shared.storage.documents.open_store import open_store
from shared.storage.documents.schema import VersionedDocumentStore
from shared.storage.documents.sqlite.location import SqliteLocation
from tests.cosmos_server.server import CosmosServer

Open = Callable[[str], VersionedDocumentStore]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Open]:
    """Opens the SQLite store of that name."""
    opened: list[VersionedDocumentStore] = []

    def open_named(name: str) -> VersionedDocumentStore:
        opened.append(open_store(SqliteLocation(tmp_path / name), SystemClock()))
        return opened[-1]

    yield open_named
    for store in opened:
        store.close()


@pytest.fixture
def cosmos() -> Iterator[VersionedDocumentStore]:
    """An empty store on the protocol server."""
    with CosmosServer() as server:
        connection = CosmosLocation(server.url, key=server.key)
        store = open_store(connection, SystemClock())
        yield store
        store.close()
