"""A clock, a SQLite store and a trainable group for the tests of services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.storage.documents.sqlite.store import SqliteDocumentStore
from tests.doubles.clocks import ManualClock
from tests.unit.services.training.trainable_group import TrainableGroup


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
