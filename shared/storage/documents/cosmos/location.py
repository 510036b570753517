"""Where the Cosmos DB account is. Apart from `cosmos.py`, so that settings load no Azure SDK."""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_DATABASE = "lineament"


@dataclass(frozen=True, slots=True)
class CosmosConnection:
    """How the database is reached.

    Attributes:
        endpoint: the account's address, ``https://<account>.documents.azure.com:443/``.
        database: the database's name.
        key: the account's key; what is missing is then made. None: the identity that
            ``DefaultAzureCredential`` finds, which never makes anything. Not in the repr.
        client_id: which user-assigned identity; None: the system-assigned one, or the developer's
            own sign-in.
    """

    endpoint: str
    database: str = DEFAULT_DATABASE
    key: str | None = field(default=None, repr=False)
    client_id: str | None = None
