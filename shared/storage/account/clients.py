"""Connects to Azure Storage by connection string, or by address and managed identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from shared.domain.errors import InvalidSettings
from shared.storage.account.location import StorageConnection

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential

__all__ = ["StorageClients", "StorageConnection", "connect_storage"]

_OPTIONS: dict[str, Any] = {
    "connection_timeout": 5,
    "read_timeout": 30,
    "retry_total": 2,
    "initial_backoff": 0,
    "increment_base": 2,
    "random_jitter_range": 1,
}
"""Retries follow after 1 to 3 and 3 to 5 seconds. Before the nth retry, the SDK waits
``initial_backoff + increment_base ** n`` seconds, plus or minus the jitter. With its defaults it
waits for more than a minute, too long for a request."""


@dataclass(frozen=True, slots=True)
class StorageClients:
    """The clients of one storage account, with a shared identity. Thread-safe."""

    blobs: BlobServiceClient
    queues: QueueServiceClient
    _credential: DefaultAzureCredential | None = None

    def close(self) -> None:
        """Close the connections."""
        self.blobs.close()
        self.queues.close()
        if self._credential is not None:
            self._credential.close()


def connect_storage(connection: StorageConnection) -> StorageClients:
    """Create the clients. Sends no request.

    Raises:
        InvalidSettings: the connection string is malformed, or is absent together with an address.
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
        # The cause is omitted because it may quote the connection string, which contains the key.
        raise InvalidSettings(["AzureWebJobsStorage is not a storage connection string."]) from None


def _with_identity(connection: StorageConnection) -> StorageClients:
    if connection.blob_uri is None or connection.queue_uri is None:
        raise InvalidSettings(
            [
                "Set AzureWebJobsStorage, or both AzureWebJobsStorage__blobServiceUri and"
                " AzureWebJobsStorage__queueServiceUri."
            ]
        )
    # Imported here because it takes 0.25 s, and connection strings do not need it.
    from azure.identity import DefaultAzureCredential

    credential = DefaultAzureCredential(managed_identity_client_id=connection.client_id)
    return StorageClients(
        BlobServiceClient(connection.blob_uri, credential, **_OPTIONS),
        QueueServiceClient(connection.queue_uri, credential, **_OPTIONS),
        credential,
    )
