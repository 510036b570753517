"""An empty store for the tests of records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import DocumentStore
from tests.doubles.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """The store's clock."""
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[DocumentStore]:
    """A store in SQLite."""
    store = SqliteDocumentStore(tmp_path / "store.sqlite", clock=clock)
    yield store
    store.close()
