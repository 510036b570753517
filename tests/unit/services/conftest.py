"""A clock, a SQLite store and groups that can be trained, for the tests of services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.storage.documents.sqlite.store import SqliteDocumentStore
from tests.cosmos_server.server import CosmosServer
from tests.doubles.clocks import ManualClock
from tests.unit.services.groups.indexed_group import IndexedGroup
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[SqliteDocumentStore]:
    store = SqliteDocumentStore(tmp_path / "store.sqlite", clock=clock)
    yield store
    store.close()


@pytest.fixture
def group(tmp_path: Path) -> Iterator[TrainableGroup]:
    group = TrainableGroup(tmp_path)
    yield group
    group.store.close()


@pytest.fixture
def server() -> Iterator[CosmosServer]:
    with CosmosServer() as server:
        yield server


@pytest.fixture
def indexed(tmp_path: Path, server: CosmosServer) -> Iterator[IndexedGroup]:
    """A group all of whose trainings go to Cosmos DB's vector index."""
    group = IndexedGroup(tmp_path, server, faces_from=0)
    yield group
    group.cosmos.close()
    group.store.close()
