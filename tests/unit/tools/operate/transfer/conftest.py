"""Stores to move data between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from shared.composition.container import Container
from tests.cosmos_server.server import CosmosServer
from tests.doubles.stores import NO_STORAGE_ACCOUNT
from tools.operate.settings import WITHOUT_SERVICE

Open = Callable[[str], Container]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Open]:
    """Opens the service on the SQLite store of that name."""
    with ExitStack() as opened:

        def open_named(name: str) -> Container:
            settings = {**WITHOUT_SERVICE, **NO_STORAGE_ACCOUNT}
            settings["FACE_DATA_DIR"] = str(tmp_path / name)
            return opened.enter_context(closing(Container(settings)))

        yield open_named


@pytest.fixture
def cosmos(tmp_path: Path) -> Iterator[Container]:
    """The service on an empty store of the protocol server."""
    with CosmosServer() as server:
        settings = {
            "FACE_STORE": "cosmos",
            "COSMOS_ENDPOINT": server.url,
            "COSMOS_KEY": server.key,
            "FACE_DATA_DIR": str(tmp_path),
        }
        with closing(Container({**WITHOUT_SERVICE, **settings})) as container:
            yield container
