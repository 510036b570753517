"""Fixtures for all tests: a clean environment and a storage emulator."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from hypothesis import settings

from local.emulator.azurite import HOST, USUAL_PORTS, Azurite

settings.register_profile(
    "search", settings.get_profile("ci"), max_examples=5_000, derandomize=False
)
settings.load_profile("ci")  # the same examples in every run, however slow the machine is

_OURS = ("AzureWebJobsStorage", "PORT", "HOST", "TLS")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the developer's settings from every test."""
    for name in list(os.environ):
        if name.startswith("FACE_") or name in _OURS:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _usual_ports_are_taken() -> Iterator[None]:
    """Keep services on random ports.

    On the emulator's usual ports, the service of another test process would take over the clients
    of an emulator that a test kills.
    """
    with ExitStack() as listeners:
        for port in USUAL_PORTS.values():
            with suppress(OSError):  # another test process keeps it
                listeners.enter_context(socket.create_server((HOST, port)))
        yield


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of an Azurite on free ports, with its own data."""
    emulator = Azurite(tmp_path_factory.mktemp("azurite"), usual_ports=False)
    try:
        yield emulator.wait()
    finally:
        emulator.stop()
