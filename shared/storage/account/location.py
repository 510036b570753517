"""Where the storage account is. Apart from `connections.py`, so that settings load no Azure SDK."""

from __future__ import annotations

from dataclasses import dataclass, field


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
