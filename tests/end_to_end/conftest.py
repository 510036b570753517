"""Running services that end-to-end tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cosmos_server.server import CosmosServer
from tests.end_to_end.service import RunningService


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with its own Azurite, database and keys."""
    with RunningService(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session")
def cosmos_server() -> Iterator[CosmosServer]:
    """A Cosmos DB account that several hosts can use."""
    with CosmosServer() as server:
        yield server


@pytest.fixture(scope="session")
def cosmos_service(
    cosmos_server: CosmosServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """A service whose documents are in that account."""
    folder = tmp_path_factory.mktemp("cosmos-service")
    with RunningService(folder, on_cosmos(cosmos_server)) as running:
        yield running


def on_cosmos(server: CosmosServer, database: str = "lineament") -> dict[str, str]:
    """The settings of a service with that account.

    Args:
        database: one for each storage account: the timer of a service that found the documents of
            another, but not its snapshots, would train the collections again.
    """
    return {
        "FACE_STORE": "cosmos",
        "COSMOS_ENDPOINT": server.url,
        "COSMOS_KEY": server.key,
        "COSMOS_DATABASE": database,
    }
