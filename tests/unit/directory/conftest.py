"""A directory to try things on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.storage.sqlite import SqliteDocumentStore
from tests.unit.directory.standing import StandingDirectory
from tests.unit.training.world import SteppedClock

Stand = Callable[..., StandingDirectory]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """Makes directories over one store, each as another instance of the service would."""
    clock = SteppedClock()
    store = SqliteDocumentStore(tmp_path / "directory.sqlite", clock=clock)

    def make(**differences: Any) -> StandingDirectory:
        return StandingDirectory(store, clock, tmp_path, **differences)

    yield make
    store.close()


@pytest.fixture
def directory(stand: Stand) -> StandingDirectory:
    """An empty directory."""
    return stand()
