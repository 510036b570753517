"""The document store on Cosmos DB for NoSQL.

Every container has the partition key ``/pk``. Reads have the account's default consistency, which
must be Strong with more than one instance, because an instance must read what another has just
written.
"""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.cosmos import ContainerProxy, CosmosClient, DatabaseProxy, PartitionKey

from shared.domain.errors import ConfigurationError, DocumentConflict, InvalidSettings
from shared.storage.documents.cosmos.charges import Recorder, log_charge, metered
from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.container import CosmosDocumentContainer
from shared.storage.documents.cosmos.faults import cosmos_faults
from shared.storage.documents.limits import LIVES_FOREVER, check_same_spec
from shared.storage.layout import ContainerSpec

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_log = logging.getLogger(__name__)

PARTITION_KEY_PATH = "/pk"
VECTOR_PATH = "/vector"
_STRONG = "Strong"


@dataclass(frozen=True, slots=True)
class Patience:
    """Timeouts and retries of the SDK.

    Attributes:
        connect_seconds: timeout of a connection.
        read_seconds: timeout of a read from the socket.
        retries: of reads after a broken connection, one second apart.
        throttle_retries: after status 429, each after the time in the response.
        throttle_seconds: maximum sum of these times.
    """

    connect_seconds: int = 5
    read_seconds: float = 10
    retries: int = 1
    throttle_retries: int = 9
    throttle_seconds: int = 15


class CosmosDocumentStore:
    """A DocumentStore in one Cosmos DB database. Thread-safe.

    With a key, missing databases and containers are created. With an identity nothing is created:
    such identities lack the permission, and infra/ owns the schema.
    """

    def __init__(
        self,
        connection: CosmosConnection,
        *,
        credential: TokenCredential | None = None,
        patience: Patience | None = None,
        record: Recorder = log_charge,
    ) -> None:
        """Connect to the account.

        Args:
            credential: used instead of DefaultAzureCredential if the connection has no key.
            record: called with the charge of every operation.

        Raises:
            InvalidSettings: endpoint or key is malformed.
            ConfigurationError: the account rejects the key or the identity.
            Unavailable: the account cannot be reached.
        """
        self._record = record
        self._creates = connection.key is not None
        self._lock = threading.Lock()
        self._containers: dict[str, CosmosDocumentContainer] = {}
        self._cleanup = ExitStack()
        with self._cleanup, cosmos_faults(lambda _: None):
            secret = connection.key or credential or self._default_credential(connection)
            self._client = _client(connection.endpoint, secret, patience or Patience())
            self._cleanup.callback(self._client.close)
            _warn_unless_strong(self._client)
            self._database = self._open_database(connection.database)
            self._cleanup = self._cleanup.pop_all()

    def container(self, spec: ContainerSpec) -> CosmosDocumentContainer:
        """The container of a spec; with a key, created if it does not exist.

        Raises:
            ValueError: this store already returned a container of that name with another spec.
            ConfigurationError: it does not exist, or differs from the spec.
            Unavailable: the account cannot be reached.
        """
        with self._lock:
            container = self._containers.get(spec.name)
            if container is None:
                items = self._open_container(spec)
                container = CosmosDocumentContainer(spec, items, self._record)
                self._containers[spec.name] = container
            check_same_spec(container.spec, spec)
            return container

    def sweep_expired(self) -> int:
        """0: Cosmos DB deletes expired documents itself."""
        return 0

    def erase_deleted(self) -> bool:
        """True: Cosmos DB erases deleted data itself."""
        return True

    def close(self) -> None:
        """Close the connections."""
        self._cleanup.close()

    def _default_credential(self, connection: CosmosConnection) -> TokenCredential:
        # Imported here because it takes 0.25 s, and keys do not need it.
        from azure.identity import DefaultAzureCredential

        credential = DefaultAzureCredential(managed_identity_client_id=connection.client_id)
        self._cleanup.callback(credential.close)
        return credential

    def _open_database(self, name: str) -> DatabaseProxy:
        if self._creates:
            return self._client.create_database_if_not_exists(name)
        return self._client.get_database_client(name)

    def _open_container(self, spec: ContainerSpec) -> ContainerProxy:
        try:
            with (
                metered(self._record, "open", spec.name) as meter,
                cosmos_faults(meter.read),
            ):
                if self._creates:
                    items = self._database.create_container_if_not_exists(
                        id=spec.name,
                        partition_key=PartitionKey(path=PARTITION_KEY_PATH),
                        default_ttl=container_ttl(spec),
                        indexing_policy=indexing_policy(spec),
                        vector_embedding_policy=vector_policy(spec),
                    )
                else:
                    items = self._database.get_container_client(spec.name)
                properties = items.read(response_hook=meter.read)
        except DocumentConflict:  # a 404 that does not name what is missing
            raise ConfigurationError(
                f"Cosmos DB has no container {spec.name!r}. Deploy infra/, or set COSMOS_KEY, with"
                " which the service creates it."
            ) from None
        _check_properties(spec, properties)
        return items


def container_ttl(spec: ContainerSpec) -> int:
    """A container's default time to live in Cosmos DB's form.

    -1 enables times to live without a default: otherwise Cosmos DB ignores a document's own ttl.
    """
    return LIVES_FOREVER if spec.default_ttl is None else spec.default_ttl


def indexing_policy(spec: ContainerSpec) -> dict[str, Any]:
    """The indexing policy: the members that queries compare, the partition key among them.

    Cosmos DB always indexes ``id`` too, but the partition key only if it is named.
    https://learn.microsoft.com/azure/cosmos-db/index-policy
    """
    included = [PARTITION_KEY_PATH, *(f"/{member}" for member in spec.indexed)]
    excluded = ["/*", '/"_etag"/?']
    policy: dict[str, Any] = {
        "indexingMode": "consistent",
        "automatic": True,
        "includedPaths": [{"path": f"{path}/?"} for path in included],
    }
    if spec.vector_dimension is not None:
        excluded.append(f"{VECTOR_PATH}/*")
        policy["vectorIndexes"] = [{"path": VECTOR_PATH, "type": "diskANN"}]
    policy["excludedPaths"] = [{"path": path} for path in excluded]
    return policy


def vector_policy(spec: ContainerSpec) -> dict[str, Any] | None:
    """The vector policy of a container; None if it has no vectors.

    https://learn.microsoft.com/azure/cosmos-db/vector-search
    """
    if spec.vector_dimension is None:
        return None
    vector = {
        "path": VECTOR_PATH,
        "dataType": "float32",
        "dimensions": spec.vector_dimension,
        "distanceFunction": "cosine",
    }
    return {"vectorEmbeddings": [vector]}


def _client(endpoint: str, credential: str | TokenCredential, patience: Patience) -> CosmosClient:
    try:
        return CosmosClient(
            endpoint,
            credential,
            connection_timeout=patience.connect_seconds,
            read_timeout=patience.read_seconds,
            retry_total=patience.retries,
            retry_connect=patience.retries,
            retry_read=patience.retries,
            retry_throttle_total=patience.throttle_retries,
            retry_throttle_backoff_max=patience.throttle_seconds,
            enable_compact_utf8_item_writes=True,
            user_agent_suffix="lineament",
        )
    except ValueError:
        # The cause is omitted because it may quote the key.
        raise InvalidSettings(
            [
                "COSMOS_ENDPOINT must be an address such as https://name.documents.azure.com:443/,"
                " and COSMOS_KEY a key of that account."
            ]
        ) from None


def _warn_unless_strong(client: CosmosClient) -> None:
    policy = client.client_connection.GetDatabaseAccount().ConsistencyPolicy or {}
    level = policy.get("defaultConsistencyLevel")
    if level != _STRONG:
        _log.warning(
            "the account's consistency is not Strong: an instance may miss what another has"
            " just written",
            extra={"consistency": level},
        )


def _check_properties(spec: ContainerSpec, properties: dict[str, Any]) -> None:
    """Check an existing container against its spec.

    Raises:
        ConfigurationError: its partition key or vector policy differs, or it has no time to live
            although the spec has one (whose length is up to the operator).
    """
    paths = properties["partitionKey"]["paths"]
    if paths != [PARTITION_KEY_PATH]:
        raise ConfigurationError(
            f"The Cosmos DB container {spec.name!r} has the partition key {paths}, not"
            f" {PARTITION_KEY_PATH}. Delete it, so that it can be created again."
        )
    if spec.default_ttl is not None and properties.get("defaultTtl") is None:
        raise ConfigurationError(
            f"The Cosmos DB container {spec.name!r} keeps documents for ever. Set its time to live"
            f" to {spec.default_ttl} seconds."
        )
    vectors = vector_policy(spec)
    if vectors is not None and not _contains(properties.get("vectorEmbeddingPolicy"), vectors):
        raise ConfigurationError(
            f"The Cosmos DB container {spec.name!r} has another vector policy than {vectors}."
            " Delete it, so that it can be created again, and train again."
        )


def _contains(found: object, wanted: object) -> bool:
    """Whether a JSON value contains everything that was sent; Cosmos DB adds its own members."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            name in found and _contains(found[name], value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(map(_contains, found, wanted))
        )
    return found == wanted
