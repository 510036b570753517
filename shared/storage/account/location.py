"""Location of the storage account.

Separate from `clients.py`, so that settings load no Azure SDK.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.settings.declaration import setting
from shared.settings.parsers import optional

_PREFIX = "AzureWebJobsStorage"


@dataclass(frozen=True, slots=True)
class StorageConnection:
    """Location of blobs and queues, named like the Functions host's settings.

    Attributes:
        connection_string: ``UseDevelopmentStorage=true`` is the emulator at its usual ports. Takes
            precedence over the others. Holds a key, so it is not in the repr.
        blob_uri: used with a managed identity.
        queue_uri: as above.
        client_id: client id of the user-assigned identity; None: the system-assigned one, or the
            developer's own sign-in.
    """

    connection_string: str | None = setting(
        _PREFIX,
        "",
        optional(str),
        f"Connection string of the storage account; or set {_PREFIX}__blobServiceUri and"
        f" {_PREFIX}__queueServiceUri.",
        example="UseDevelopmentStorage=true",
        left_out="shared keys are off: the addresses and the identity replace it",
        secret=True,
    )
    blob_uri: str | None = setting(
        f"{_PREFIX}__blobServiceUri",
        "",
        optional(str),
        "Address of the account's blobs, for a managed identity.",
    )
    queue_uri: str | None = setting(
        f"{_PREFIX}__queueServiceUri",
        "",
        optional(str),
        "Address of the account's queues, for a managed identity.",
    )
    client_id: str | None = setting(
        f"{_PREFIX}__clientId",
        "",
        optional(str),
        "Client id of the user-assigned identity for the storage account.",
    )

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence if neither the connection string nor both addresses are set."""
        if self.connection_string is not None or None not in (self.blob_uri, self.queue_uri):
            return ()
        return (
            f"{_PREFIX} must be a connection string, or both {_PREFIX}__blobServiceUri and"
            f" {_PREFIX}__queueServiceUri set.",
        )
