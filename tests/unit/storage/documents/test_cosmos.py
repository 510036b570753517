"""What the Cosmos DB store creates, checks and rejects when it connects."""

from __future__ import annotations

import base64
import datetime
import logging
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.domain.errors import ConfigurationError, InvalidSettings
from shared.storage.documents.cosmos.charges import OperationCharge, log_charge
from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.store import (
    CosmosDocumentStore,
    container_ttl,
    indexing_policy,
)
from shared.storage.documents.store import Key
from shared.storage.layout import DOCUMENT_CONTAINERS, FACES, ContainerSpec
from tests.cosmos_server.server import CosmosServer

INSECURE = "ignore:Unverified HTTPS request"
"""The SDK does not check certificates of the loopback interface; urllib3 warns about it."""


class MadeUpIdentity:
    """A credential with one token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        return AccessToken(self._token, 4_102_444_800)


@pytest.fixture
def server() -> Iterator[CosmosServer]:
    with CosmosServer() as server:
        yield server


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate for the loopback interface: tokens are sent over TLS only."""
    file: Path = tmp_path_factory.mktemp("tls") / "server.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=3))
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_with_a_key_database_and_containers_are_made_as_their_specs_say(
    server: CosmosServer,
) -> None:
    store = CosmosDocumentStore(CosmosConnection(server.url, "people-we-know", server.key))
    for spec in DOCUMENT_CONTAINERS:
        store.container(spec)
    store.close()

    made = server.account.databases["people-we-know"]
    assert {
        name: (
            container.properties["partitionKey"]["paths"],
            container.properties["defaultTtl"],
            [path["path"] for path in container.properties["indexingPolicy"]["includedPaths"]],
        )
        for name, container in made.items()
    } == {
        "faces": (["/pk"], 86_400, ["/pk/?"]),
        "collections": (["/pk"], -1, ["/pk/?"]),
        "people": (["/pk"], -1, ["/pk/?"]),
        "operations": (["/pk"], 604_800, ["/pk/?"]),
        "ingestions": (["/pk"], 2_592_000, ["/pk/?"]),
        "unknowns": (["/pk"], 604_800, ["/pk/?"]),
    }


def test_what_is_there_is_used_as_it_is(server: CosmosServer) -> None:
    connection = CosmosConnection(server.url, key=server.key)
    first = CosmosDocumentStore(connection)
    created = first.container(FACES).create(Key("p", "one"), {"n": 1})
    first.close()

    second = CosmosDocumentStore(connection)

    assert second.container(FACES).get(Key("p", "one")) == created
    second.close()


@pytest.mark.filterwarnings(INSECURE)
def test_an_identity_uses_what_is_there_and_makes_nothing(tls: ssl.SSLContext) -> None:
    with CosmosServer(tls=tls) as server:
        _provision(server, FACES)
        identity = MadeUpIdentity(server.token)
        store = CosmosDocumentStore(CosmosConnection(server.url), credential=identity)

        created = store.container(FACES).create(Key("p", "one"), {"n": 1})
        assert store.container(FACES).get(Key("p", "one")) == created
        with pytest.raises(ConfigurationError, match="no container 'people'"):
            store.container(ContainerSpec("people"))

        assert list(server.account.databases) == ["lineament"]
        assert list(server.account.databases["lineament"]) == ["faces"]
        store.close()


@pytest.mark.filterwarnings(INSECURE)
def test_an_identity_without_a_database_gets_instructions(tls: ssl.SSLContext) -> None:
    with CosmosServer(tls=tls) as server:
        identity = MadeUpIdentity(server.token)
        store = CosmosDocumentStore(CosmosConnection(server.url), credential=identity)

        with pytest.raises(ConfigurationError, match="Deploy infra/"):
            store.container(FACES)

        assert server.account.databases == {}
        store.close()


@pytest.mark.filterwarnings(INSECURE)
def test_an_identity_without_a_role_is_refused_in_our_words(tls: ssl.SSLContext) -> None:
    with CosmosServer(tls=tls) as server, pytest.raises(ConfigurationError, match="no role"):
        CosmosDocumentStore(CosmosConnection(server.url), credential=MadeUpIdentity("another"))


def test_another_accounts_key_is_refused_in_our_words(server: CosmosServer) -> None:
    key = base64.b64encode(b"of another account").decode()

    with pytest.raises(ConfigurationError, match="rejects COSMOS_KEY") as caught:
        CosmosDocumentStore(CosmosConnection(server.url, key=key))

    assert key not in str(caught.value)


def test_a_key_that_is_no_key_is_refused_without_being_shown(server: CosmosServer) -> None:
    with pytest.raises(InvalidSettings, match="COSMOS_KEY") as caught:
        CosmosDocumentStore(CosmosConnection(server.url, key="not base64!"))

    assert "not base64" not in str(caught.value)


def test_a_container_with_another_partition_key_is_refused(server: CosmosServer) -> None:
    _provision(server, FACES, partitionKey={"paths": ["/id"], "kind": "Hash", "version": 2})
    store = CosmosDocumentStore(CosmosConnection(server.url, key=server.key))

    with pytest.raises(ConfigurationError, match="partition key"):
        store.container(FACES)
    store.close()


def test_a_container_that_would_keep_faces_for_ever_is_refused(server: CosmosServer) -> None:
    _provision(server, FACES, defaultTtl=None)
    store = CosmosDocumentStore(CosmosConnection(server.url, key=server.key))

    with pytest.raises(ConfigurationError, match="for ever"):
        store.container(FACES)
    store.close()


def test_a_container_that_went_away_is_not_taken_for_a_missing_document(
    server: CosmosServer,
) -> None:
    store = CosmosDocumentStore(CosmosConnection(server.url, key=server.key))
    container = store.container(FACES)
    container.create(Key("p", "one"), {})
    server.account.databases["lineament"].clear()

    with pytest.raises(ConfigurationError, match="does not exist"):
        container.get(Key("p", "one"))
    store.close()


def test_the_log_of_a_charge_holds_names_and_numbers_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)

    log_charge(OperationCharge("get", "faces", "done", 1.238, 1, 2.04))

    (record,) = caplog.records
    noted = {
        name: value
        for name, value in vars(record).items()
        if name not in vars(logging.makeLogRecord({}))
    }
    noted.pop("message", None)
    assert record.getMessage() == "cosmos operation"
    assert noted == {
        "operation": "get",
        "container": "faces",
        "outcome": "done",
        "requestUnits": 1.24,
        "responses": 1,
        "milliseconds": 2.0,
    }


def _provision(server: CosmosServer, spec: ContainerSpec, **properties: object) -> None:
    """Create database and container as infra/ does, apart from ``properties``."""
    server.account.create_database("lineament")
    server.account.create_container(
        "lineament",
        {
            "id": spec.name,
            "partitionKey": {"paths": ["/pk"], "kind": "Hash", "version": 2},
            "defaultTtl": container_ttl(spec),
            "indexingPolicy": indexing_policy(spec),
            **properties,
        },
    )
