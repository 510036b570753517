"""Empty document stores of both kinds, on one clock, and stores that return short pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.emulator.azurite import USUAL_PORTS, connection_string
from shared.domain.clock import Clock
from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.store import CosmosDocumentStore
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import MAXIMUM_KEYS, Document, DocumentContainer, DocumentStore
from tests.cosmos_server.server import CosmosServer

KINDS = ("sqlite", "cosmos")
NO_STORAGE_ACCOUNT = {"AzureWebJobsStorage": connection_string(dict.fromkeys(USUAL_PORTS, 1))}
"""Settings of an account that does not answer, whatever emulator runs on the usual ports: nothing
listens on port 1."""


@contextmanager
def empty_store(kind: str, folder: Path, clock: Clock) -> Iterator[DocumentStore]:
    """SQLite, or the unmodified Cosmos DB SDK against the protocol server."""
    if kind == "sqlite":
        with closing(SqliteDocumentStore(folder / "store.sqlite", clock=clock)) as embedded:
            yield embedded
        return
    with (
        CosmosServer(now=lambda: clock.now().timestamp()) as server,
        closing(CosmosDocumentStore(CosmosConnection(server.url, key=server.key))) as cosmos,
    ):
        yield cosmos


def shorten_pages(patch: pytest.MonkeyPatch, container: DocumentContainer, most: int) -> None:
    """Have a container return so many documents a page at most."""
    page = container.page

    def shortened(partition: str, *, limit: int = MAXIMUM_KEYS, **others: Any) -> list[Document]:
        return page(partition, limit=min(limit, most), **others)

    patch.setattr(container, "page", shortened)
