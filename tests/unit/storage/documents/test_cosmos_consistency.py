"""Two clients of one account while a replica lags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.store import CosmosDocumentStore
from shared.storage.documents.store import DocumentContainer, Key
from shared.storage.layout import ContainerSpec
from tests.cosmos_server.server import CosmosServer

SPEC = ContainerSpec("documents")
OLD, NEW = Key("p", "old"), Key("p", "new")


@pytest.fixture(params=["Strong", "Session", "Eventual"])
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(level: str) -> Iterator[CosmosServer]:
    with CosmosServer() as server:
        server.account.consistency = level
        yield server


@pytest.fixture
def writer(server: CosmosServer) -> Iterator[DocumentContainer]:
    yield from _client(server)


@pytest.fixture
def reader(server: CosmosServer) -> Iterator[DocumentContainer]:
    yield from _client(server)


def _client(server: CosmosServer) -> Iterator[DocumentContainer]:
    store = CosmosDocumentStore(CosmosConnection(server.url, key=server.key))
    yield store.container(SPEC)
    store.close()


def test_only_strong_consistency_shows_another_clients_writes_at_once(
    server: CosmosServer, writer: DocumentContainer, reader: DocumentContainer, level: str
) -> None:
    writer.create(OLD, {"n": 1})
    assert reader.get(OLD) is not None
    with server.lock:
        server.account.lag()

    writer.delete(OLD)
    created = writer.create(NEW, {"n": 2})

    fresh = (
        reader.get(OLD) is None,
        reader.get(NEW) == created,
        reader.get_many([OLD, NEW]) == [None, created],
        reader.page("p") == [created],
        list(reader.changes_since("p", None).documents) == [created],
    )
    assert fresh == (level == "Strong",) * len(fresh)


def test_an_account_that_is_not_strong_is_warned_of(
    server: CosmosServer, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    CosmosDocumentStore(CosmosConnection(server.url, key=server.key)).close()

    warned = [record for record in caplog.records if "not Strong" in record.getMessage()]
    assert len(warned) == (0 if level == "Strong" else 1)
