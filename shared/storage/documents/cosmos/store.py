"""The document store of a deployment: Cosmos DB for NoSQL.

Every container has the partition key ``/pk``. The account's default consistency is what reads
have; it must be Strong where more than one instance serves, since what one has written another
reads a moment later.
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
from shared.storage.documents.cosmos.container import CosmosDocumentContainer
from shared.storage.documents.cosmos.faults import cosmos_faults
from shared.storage.documents.cosmos.location import CosmosConnection
from shared.storage.documents.limits import LIVES_FOREVER
from shared.storage.layout import ContainerSpec

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_log = logging.getLogger(__name__)

PARTITION_KEY_PATH = "/pk"
VECTOR_PATH = "/vector"
_STRONG = "Strong"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the SDK tries before a caller hears of it.

    Attributes:
        connect_seconds: for a connection.
        read_seconds: for the next bytes of an answer.
        retries: of reads after a broken connection; each comes a second after the last.
        throttle_retries: after 429, each when the service said.
        throttle_seconds: no more of those once their waits add up to this.
    """

    connect_seconds: int = 5
    read_seconds: float = 10
    retries: int = 1
    throttle_retries: int = 9
    throttle_seconds: int = 15


class CosmosDocumentStore:
    """A DocumentStore in one Cosmos DB database. Safe between threads.

    With a key, a missing database and missing containers are made. With an identity nothing is
    ever made: such identities may not, and infra/ owns the schema.
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
            credential: used where the connection has no key, in place of DefaultAzureCredential.
            record: told what every operation cost.

        Raises:
            InvalidSettings: endpoint or key are malformed.
            ConfigurationError: the account refuses the key or the identity.
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
        """The container that the spec names; with a key, made where it is not there.

        Raises:
            ValueError: this store already gave out a container of that name with another spec.
            ConfigurationError: it does not exist, or is not as the spec says.
            Unavailable: the account cannot be reached.
        """
        with self._lock:
            container = self._containers.get(spec.name)
            if container is None:
                items = self._open_container(spec)
                container = CosmosDocumentContainer(spec, items, self._record)
                self._containers[spec.name] = container
            elif container.spec != spec:
                raise ValueError(f"The container {spec.name!r} has another spec already.")
            return container

    def sweep_expired(self) -> int:
        """0: Cosmos DB deletes expired documents itself."""
        return 0

    def close(self) -> None:
        """Let go of connections."""
        self._cleanup.close()

    def _default_credential(self, connection: CosmosConnection) -> TokenCredential:
        # Imported here: it takes a quarter of a second, and a key does without it.
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
        except DocumentConflict:  # a 404 that does not say what is missing
            raise ConfigurationError(
                f"Cosmos DB has no container {spec.name!r}. Deploy infra/, or set COSMOS_KEY, with"
                " which the service makes it."
            ) from None
        _check_properties(spec, properties)
        return items


def container_ttl(spec: ContainerSpec) -> int:
    """A container's default time to live as Cosmos DB wants it.

    -1 is "on, but without a default": without it, Cosmos DB ignores a document's own ttl.
    """
    return LIVES_FOREVER if spec.default_ttl is None else spec.default_ttl


def indexing_policy(spec: ContainerSpec) -> dict[str, Any]:
    """What is indexed: everything but what no query looks at.

    https://learn.microsoft.com/azure/cosmos-db/index-policy
    """
    excluded = [f"/{member}/?" for member in spec.unindexed]
    if spec.vector_dimension is not None:
        excluded.append(f"{VECTOR_PATH}/*")
    policy: dict[str, Any] = {
        "indexingMode": "consistent",
        "automatic": True,
        "includedPaths": [{"path": "/*"}],
        "excludedPaths": [{"path": path} for path in (*excluded, '/"_etag"/?')],
    }
    if spec.vector_dimension is not None:
        policy["vectorIndexes"] = [{"path": VECTOR_PATH, "type": "diskANN"}]
    return policy


def vector_policy(spec: ContainerSpec) -> dict[str, Any] | None:
    """What Cosmos DB must know of a container's vectors; None where it has none.

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
        # The cause is left out: it may quote the key.
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
    """Refuse a container that would scatter documents or keep them for ever.

    Raises:
        ConfigurationError: its partition key is another, it has no time to live where the spec has
            one (how long it is, the operator decides), or its vectors are others.
    """
    paths = properties["partitionKey"]["paths"]
    if paths != [PARTITION_KEY_PATH]:
        raise ConfigurationError(
            f"The Cosmos DB container {spec.name!r} has the partition key {paths}, not"
            f" {PARTITION_KEY_PATH}. Delete it, so that it can be made anew."
        )
    if spec.default_ttl is not None and properties.get("defaultTtl") is None:
        raise ConfigurationError(
            f"The Cosmos DB container {spec.name!r} keeps documents for ever. Set its time to live"
            f" to {spec.default_ttl} seconds."
        )
    vectors = vector_policy(spec)
    if vectors is not None and properties.get("vectorEmbeddingPolicy") != vectors:
        raise ConfigurationError(
            f"The Cosmos DB container {spec.name!r} has another vector policy than {vectors}."
            " Delete it, so that it can be made anew, and train again."
        )
