"""Connecting to the storage account."""

from __future__ import annotations

import socket
import time
from dataclasses import replace

import pytest
from azure.core.exceptions import ServiceRequestError

from local.emulator.azurite import USUAL_PORTS, connection_string
from shared.domain.errors import InvalidSettings
from shared.storage.account.clients import StorageConnection, connect_storage

IDENTITY = StorageConnection(
    blob_uri="https://account.blob.core.windows.net",
    queue_uri="https://account.queue.core.windows.net",
    client_id="11111111-2222-3333-4444-555555555555",
)


def test_the_development_storage_is_the_emulator_at_its_usual_ports() -> None:
    clients = connect_storage(StorageConnection(connection_string="UseDevelopmentStorage=true"))

    assert clients.blobs.url.rstrip("/") == "http://127.0.0.1:10000/devstoreaccount1"
    assert clients.queues.url.rstrip("/") == "http://127.0.0.1:10001/devstoreaccount1"
    clients.close()


def test_a_connection_string_reaches_the_account_it_names(azurite: str) -> None:
    clients = connect_storage(replace(IDENTITY, connection_string=azurite))

    assert clients.blobs.account_name == "devstoreaccount1"
    assert [
        container.name for container in clients.blobs.list_containers(name_starts_with="x")
    ] == []
    clients.close()


def test_addresses_are_reached_with_a_managed_identity() -> None:
    clients = connect_storage(IDENTITY)

    assert clients.blobs.url.rstrip("/") == IDENTITY.blob_uri
    assert clients.queues.url.rstrip("/") == IDENTITY.queue_uri
    assert type(clients.blobs.credential).__name__ == "DefaultAzureCredential"
    assert clients.queues.credential is clients.blobs.credential
    clients.close()


def test_a_malformed_connection_string_is_refused_without_being_quoted() -> None:
    with pytest.raises(InvalidSettings) as caught:
        connect_storage(StorageConnection(connection_string="AccountKey=SECRET"))

    assert "AzureWebJobsStorage" in caught.value.message
    assert "SECRET" not in caught.value.message
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "connection",
    [StorageConnection(), replace(IDENTITY, blob_uri=None), replace(IDENTITY, queue_uri=None)],
)
def test_a_connection_without_its_addresses_is_refused(connection: StorageConnection) -> None:
    with pytest.raises(InvalidSettings, match="blobServiceUri and"):
        connect_storage(connection)


def test_a_connection_does_not_print_its_key() -> None:
    assert "SECRET" not in repr(StorageConnection(connection_string="AccountKey=SECRET"))


def test_a_request_is_tried_again_after_2_and_4_seconds_give_or_take_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nothing listens
        away = connection_string(dict.fromkeys(USUAL_PORTS, taken.getsockname()[1]))
        clients = connect_storage(StorageConnection(connection_string=away))

        with pytest.raises(ServiceRequestError):
            clients.blobs.get_account_information()

    clients.close()
    first, second = pauses
    assert 1 <= first <= 3 <= second <= 5
