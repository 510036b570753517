"""How Azure Storage is reached: a connection string, or addresses and a managed identity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from shared.faces.errors import InvalidSettings

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential

_OPTIONS: dict[str, Any] = {
    "connection_timeout": 5,
    "read_timeout": 30,
    "retry_total": 2,
    "initial_backoff": 1,
    "increment_base": 2,
}
"""Seconds. Retries come after 1 and 3 s; the SDK's own first wait is 15 s, and a caller waits."""


@dataclass(frozen=True, slots=True)
class StorageConnection:
    """Where blobs and queues are, as the Functions host's own settings say it.

    Attributes:
        connection_string: ``AzureWebJobsStorage``; ``UseDevelopmentStorage=true`` is the emulator
            at its usual ports. Beats the others. Holds a key, so it is not in the repr.
        blob_uri: ``AzureWebJobsStorage__blobServiceUri``, used with a managed identity.
        queue_uri: ``AzureWebJobsStorage__queueServiceUri``, as above.
        client_id: ``AzureWebJobsStorage__clientId``: which user-assigned identity; None: the
            system-assigned one, or the developer's own sign-in.
    """

    connection_string: str | None = field(default=None, repr=False)
    blob_uri: str | None = None
    queue_uri: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class StorageClients:
    """The clients of one storage account. They share one identity and are safe between threads."""

    blobs: BlobServiceClient
    queues: QueueServiceClient
    _credential: DefaultAzureCredential | None = None

    def close(self) -> None:
        """Let go of connections."""
        self.blobs.close()
        self.queues.close()
        if self._credential is not None:
            self._credential.close()


def connect_storage(connection: StorageConnection) -> StorageClients:
    """Build the clients. Nothing is sent yet.

    Raises:
        InvalidSettings: the connection string is malformed, or there is none and an address is
            missing.
    """
    if connection.connection_string is not None:
        return _with_connection_string(connection.connection_string)
    return _with_identity(connection)


def _with_connection_string(text: str) -> StorageClients:
    try:
        return StorageClients(
            BlobServiceClient.from_connection_string(text, **_OPTIONS),
            QueueServiceClient.from_connection_string(text, **_OPTIONS),
        )
    except ValueError:
        # The cause is left out: it may quote the string, and with it the key.
        raise InvalidSettings(["AzureWebJobsStorage is not a storage connection string."]) from None


def _with_identity(connection: StorageConnection) -> StorageClients:
    if connection.blob_uri is None or connection.queue_uri is None:
        raise InvalidSettings(
            [
                "Set AzureWebJobsStorage, or both AzureWebJobsStorage__blobServiceUri and"
                " AzureWebJobsStorage__queueServiceUri."
            ]
        )
    # Imported here: it takes a quarter of a second, and a connection string does without it.
    from azure.identity import DefaultAzureCredential

    credential = DefaultAzureCredential(managed_identity_client_id=connection.client_id)
    return StorageClients(
        BlobServiceClient(connection.blob_uri, credential, **_OPTIONS),
        QueueServiceClient(connection.queue_uri, credential, **_OPTIONS),
        credential,
    )
