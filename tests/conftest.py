"""Fixtures for all tests: a clean environment and a storage emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from local.emulator.azurite import Azurite

_OURS = ("AzureWebJobsStorage", "PORT", "HOST", "TLS")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the developer's settings from every test."""
    for name in list(os.environ):
        if name.startswith("FACE_") or name in _OURS:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of an Azurite on free ports, with its own data."""
    emulator = Azurite(tmp_path_factory.mktemp("azurite"), usual_ports=False)
    try:
        yield emulator.wait()
    finally:
        emulator.stop()
