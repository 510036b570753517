"""An empty directory on each store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.storage.documents.store import DocumentStore
from tests.doubles.clocks import ManualClock
from tests.doubles.stores import KINDS, empty_store
from tests.unit.services.directory.local_directory import LocalDirectory

MakeDirectory = Callable[..., LocalDirectory]


@pytest.fixture
def clock() -> ManualClock:
    """The time of both the services and the database."""
    return ManualClock()


@pytest.fixture(params=KINDS)
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[DocumentStore]:
    """An empty store: SQLite, or the unmodified Cosmos DB SDK against the protocol server."""
    with empty_store(request.param, tmp_path, clock) as store:
        yield store


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
