"""Azurite for the tests of blobs and queues."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.emulator.azurite import ACCOUNT, PUBLISHED_KEY, Azurite
from shared.storage.account.clients import StorageClients, StorageConnection, connect_storage


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of an Azurite for these tests."""
    azurite = Azurite(tmp_path_factory.mktemp("azurite"), usual_ports=False)
    try:
        yield azurite.wait()
    finally:
        azurite.stop()


@pytest.fixture(scope="session")
def clients(azurite: str) -> Iterator[StorageClients]:
    clients = connect_storage(StorageConnection(connection_string=azurite))
    yield clients
    clients.close()


@pytest.fixture
def container(clients: StorageClients) -> str:
    """A fresh blob container."""
    name = f"c-{uuid.uuid4()}"
    clients.blobs.create_container(name)
    return name


@pytest.fixture
def queue(clients: StorageClients) -> str:
    """A fresh queue."""
    name = f"q-{uuid.uuid4()}"
    clients.queues.create_queue(name)
    return name


@pytest.fixture
def unreachable() -> Iterator[StorageClients]:
    """Clients of an unreachable storage account, without retries."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, but not listening
        address = f"http://127.0.0.1:{bound.getsockname()[1]}/{ACCOUNT}"
        clients = StorageClients(
            BlobServiceClient(address, PUBLISHED_KEY, retry_total=0),
            QueueServiceClient(address, PUBLISHED_KEY, retry_total=0),
        )
        yield clients
        clients.close()
