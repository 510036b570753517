"""A SQLite store and a clock for the tests of services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.storage.documents.sqlite.store import SqliteDocumentStore
from tests.unit.services.training.world import SteppedClock, World


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def store(tmp_path: Path, clock: SteppedClock) -> Iterator[SqliteDocumentStore]:
    store = SqliteDocumentStore(tmp_path / "store.sqlite", clock=clock)
    yield store
    store.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.store.close()
