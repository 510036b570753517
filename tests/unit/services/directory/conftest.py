"""An empty directory on each store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.store import CosmosDocumentStore
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import DocumentStore
from tests.cosmos_server.server import CosmosServer
from tests.doubles.clocks import ManualClock
from tests.unit.services.directory.local_directory import LocalDirectory

MakeDirectory = Callable[..., LocalDirectory]


@pytest.fixture
def clock() -> ManualClock:
    """The time of both the services and the database."""
    return ManualClock()


@pytest.fixture(params=["sqlite", "cosmos"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[DocumentStore]:
    """An empty store: SQLite, or the unmodified Cosmos DB SDK against the protocol server."""
    if request.param == "sqlite":
        embedded = SqliteDocumentStore(tmp_path / "directory.sqlite", clock=clock)
        yield embedded
        embedded.close()
        return
    with CosmosServer(now=lambda: clock.now().timestamp()) as server:
        cosmos = CosmosDocumentStore(CosmosConnection(server.url, key=server.key))
        yield cosmos
        cosmos.close()


@pytest.fixture
def make_directory(store: DocumentStore, clock: ManualClock, tmp_path: Path) -> MakeDirectory:
    """Makes directories over one store, each as another instance of the service."""

    def make(**differences: Any) -> LocalDirectory:
        return LocalDirectory(store, clock, tmp_path, **differences)

    return make


@pytest.fixture
def directory(make_directory: MakeDirectory) -> LocalDirectory:
    """An empty directory."""
    return make_directory()
