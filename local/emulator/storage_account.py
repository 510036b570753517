"""The host's clients, containers and queues in a storage account."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.triggers.blob_webhook import INTERNAL_QUEUE
from shared.domain.errors import ConfigurationError
from shared.storage.layout import BLOB_CONTAINERS, QUEUES

_OPTIONS: dict[str, Any] = {
    "connection_timeout": 2,
    "read_timeout": 30,
    "retry_total": 1,
    "initial_backoff": 0,
    "increment_base": 0.2,
    "random_jitter_range": 0.1,
}
"""One retry, 0.1 to 0.3 s later: pumps and publishers repeat their calls anyway. Before the nth
retry, the SDK waits ``initial_backoff + increment_base ** n`` seconds, plus or minus the jitter."""


@dataclass(frozen=True, slots=True)
class StorageAccount:
    """The clients of one account."""

    blobs: BlobServiceClient
    queues: QueueServiceClient

    @classmethod
    def connect(cls, connection_string: str) -> StorageAccount:
        """Clients for a connection string; nothing is sent yet.

        Raises:
            ConfigurationError: the string is malformed.
        """
        try:
            return cls(
                BlobServiceClient.from_connection_string(connection_string, **_OPTIONS),
                QueueServiceClient.from_connection_string(connection_string, **_OPTIONS),
            )
        except ValueError as error:
            raise ConfigurationError("AzureWebJobsStorage is not a connection string.") from error

    def prepare(self) -> None:
        """Create the containers and queues of the app and the host that are missing.

        Raises:
            ConfigurationError: the account does not answer or denies access.
        """
        try:
            for container in BLOB_CONTAINERS:
                with suppress(ResourceExistsError):
                    self.blobs.create_container(container)
            for queue in (*QUEUES, INTERNAL_QUEUE):
                with suppress(ResourceExistsError):
                    self.queues.create_queue(queue)
        except AzureError as error:
            raise ConfigurationError(
                f"The storage account cannot be prepared: {type(error).__name__}."
            ) from error

    def has_blob(self, container: str, blob: str) -> bool:
        """Whether a container has a blob.

        Raises:
            AzureError: the account does not answer.
        """
        return self.blobs.get_blob_client(container, blob).exists()

    def close(self) -> None:
        """Close the connections."""
        self.blobs.close()
        self.queues.close()
