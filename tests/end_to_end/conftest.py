"""One running service for all end-to-end tests that do not need one of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.service import RunningService


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with its own Azurite, database and keys."""
    with RunningService(tmp_path_factory.mktemp("service")) as running:
        yield running
