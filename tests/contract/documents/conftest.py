"""The stores that the contract suite runs on. A store joins by adding a parameter to ``subject``.

A subject offers, besides the store: a second client of the same database, and a way to let time
pass. With an injected clock that is an addition; with a real database it may sleep. Containers are
shared between tests, so every test works in partitions of its own.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shared.storage.documents.checked import CheckedDocumentStore
from shared.storage.documents.cosmos.location import DEFAULT_DATABASE, CosmosConnection
from shared.storage.documents.cosmos.store import CosmosDocumentStore
from shared.storage.documents.schema import VersionedDocumentStore
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import DocumentContainer, DocumentStore
from shared.storage.layout import ContainerSpec
from tests.cosmos_server.server import CosmosServer
from tests.doubles.clocks import ManualClock

LASTING = ContainerSpec("contract-lasting", unindexed=("embedding",))
FLEETING_SECONDS = 3
FLEETING = ContainerSpec("contract-fleeting", default_ttl=FLEETING_SECONDS)


@dataclass(frozen=True, slots=True)
class Subject:
    """A store under test.

    Attributes:
        store: the store.
        second: another client of the same database.
        pass_time: lets that many seconds pass, as the database sees it.
    """

    store: DocumentStore
    second: DocumentStore
    pass_time: Callable[[float], None]

    @classmethod
    def checked(
        cls, store: DocumentStore, second: DocumentStore, pass_time: Callable[[float], None]
    ) -> Subject:
        """Stores as the service opens them, with the checks that all have in common."""
        return cls(CheckedDocumentStore(store), CheckedDocumentStore(second), pass_time)


STORES = ["sqlite", "sqlite-versioned", "cosmos"]
if os.environ.get("COSMOS_ENDPOINT"):
    STORES.append("cosmos-account")


@pytest.fixture(params=STORES)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    match request.param:
        case "sqlite":
            yield from sqlite_subject(tmp_path / "documents.sqlite")
        case "sqlite-versioned":
            for plain in sqlite_subject(tmp_path / "documents.sqlite"):
                yield replace(
                    plain,
                    store=VersionedDocumentStore(plain.store),
                    second=VersionedDocumentStore(plain.second),
                )
        case "cosmos":
            yield request.getfixturevalue("stand_in")
        case "cosmos-account":
            yield request.getfixturevalue("cosmos_account")
        case other:
            raise ValueError(other)


@pytest.fixture(scope="session")
def stand_in() -> Iterator[Subject]:
    """The unmodified SDK over HTTP against the protocol server; time passes when it is told to."""
    clock = ManualClock()
    with CosmosServer(now=lambda: clock.now().timestamp()) as server:
        connection = CosmosConnection(server.url, key=server.key)
        store = CosmosDocumentStore(connection)
        second = CosmosDocumentStore(connection)
        yield Subject.checked(store, second, clock.advance)
        second.close()
        store.close()


@pytest.fixture(scope="session")
def cosmos_account() -> Iterator[Subject]:
    """A real account, the one that COSMOS_ENDPOINT names; without COSMOS_KEY by identity.

    Documents stay behind in two containers of their own, contract-lasting and contract-fleeting.
    With an identity these must be there.
    """
    connection = CosmosConnection(
        os.environ["COSMOS_ENDPOINT"],
        os.environ.get("COSMOS_DATABASE") or DEFAULT_DATABASE,
        os.environ.get("COSMOS_KEY") or None,
        os.environ.get("AZURE_CLIENT_ID") or None,
    )
    store = CosmosDocumentStore(connection)
    second = CosmosDocumentStore(connection)
    yield Subject.checked(store, second, time.sleep)
    second.close()
    store.close()


def sqlite_subject(path: Path) -> Iterator[Subject]:
    """The embedded store; time passes when it is told to."""
    clock = ManualClock()
    store = SqliteDocumentStore(path, clock=clock)
    second = SqliteDocumentStore(path, clock=clock)
    yield Subject.checked(store, second, clock.advance)
    second.close()
    store.close()


@pytest.fixture
def store(subject: Subject) -> DocumentStore:
    return subject.store


@pytest.fixture
def pass_time(subject: Subject) -> Callable[[float], None]:
    return subject.pass_time


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    """A container whose documents last unless they say otherwise."""
    return store.container(LASTING)


@pytest.fixture
def fleeting(store: DocumentStore) -> DocumentContainer:
    """A container whose documents live for three seconds unless they say otherwise."""
    return store.container(FLEETING)


@pytest.fixture
def same_container(subject: Subject) -> DocumentContainer:
    """The container as another client of the database sees it."""
    return subject.second.container(LASTING)


@pytest.fixture
def partition() -> str:
    """A partition that nothing has written to."""
    return uuid.uuid4().hex
