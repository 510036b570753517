"""The stores that the contract suite runs on. To add one, add a parameter to ``subject``.

A subject has the store, a second client of the same database, and a function that lets time pass.
With a manual clock the function advances it; with a real database it may sleep. Tests share
containers, so each works in partitions of its own.
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
from shared.storage.documents.cosmos.connection import DEFAULT_DATABASE, CosmosConnection
from shared.storage.documents.cosmos.store import CosmosDocumentStore
from shared.storage.documents.schema import VersionedDocumentStore
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import DocumentContainer, DocumentStore
from shared.storage.layout import ContainerSpec
from tests.cosmos_server.server import CosmosServer
from tests.doubles.clocks import ManualClock

LASTING = ContainerSpec("contract-lasting")
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
    """The unmodified SDK over HTTP against the protocol server, with a manual clock."""
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
    """The account that COSMOS_ENDPOINT names; without COSMOS_KEY by identity.

    Documents remain in two containers, contract-lasting and contract-fleeting. With an identity
    these must exist.
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
    """The embedded store with a manual clock."""
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
    """A container without a default time to live."""
    return store.container(LASTING)


@pytest.fixture
def fleeting(store: DocumentStore) -> DocumentContainer:
    """A container with a default time to live of three seconds."""
    return store.container(FLEETING)


@pytest.fixture
def same_container(subject: Subject) -> DocumentContainer:
    """The container through another client of the database."""
    return subject.second.container(LASTING)


@pytest.fixture
def partition() -> str:
    """An unused partition."""
    return uuid.uuid4().hex
