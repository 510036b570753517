"""A directory to try things on, on both stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.storage.documents.cosmos.location import CosmosConnection
from shared.storage.documents.cosmos.store import CosmosDocumentStore
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import DocumentStore
from tests.cosmos_server.server import CosmosServer
from tests.unit.services.directory.standing import StandingDirectory
from tests.unit.services.training.world import SteppedClock

Stand = Callable[..., StandingDirectory]


@pytest.fixture
def clock() -> SteppedClock:
    """The time of both the services and the database."""
    return SteppedClock()


@pytest.fixture(params=["sqlite", "cosmos"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SteppedClock
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
def stand(store: DocumentStore, clock: SteppedClock, tmp_path: Path) -> Stand:
    """Makes directories over one store, each as another instance of the service would."""

    def make(**differences: Any) -> StandingDirectory:
        return StandingDirectory(store, clock, tmp_path, **differences)

    return make


@pytest.fixture
def directory(stand: Stand) -> StandingDirectory:
    """An empty directory."""
    return stand()
