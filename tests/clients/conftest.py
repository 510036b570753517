"""A service for the clients, behind a recorder, and images at URLs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.api.versions import VERSIONS
from tests.clients.contract.differences import departures
from tests.clients.contract.openapi import Contract, contract_file, load_contract
from tests.clients.contract.recorder import Recorder
from tests.end_to_end.service import RunningService
from tests.images import portrait


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service for the clients alone, so that lists contain only what they created."""
    settings = {"FACE_URL_ALLOW_PRIVATE": "true"}
    with RunningService(tmp_path_factory.mktemp("clients"), settings) as running:
        yield running


@pytest.fixture(scope="package")
def recorder(service: RunningService) -> Iterator[Recorder]:
    """The proxy between the clients and the service."""
    with Recorder(service.url) as running:
        yield running


@pytest.fixture(scope="session")
def contracts() -> list[Contract]:
    """Microsoft's OpenAPI files, where they are present; see docs/data.md."""
    files = {version: contract_file(version) for version in VERSIONS}
    present = {version: path for version, path in files.items() if path is not None}
    return [Contract(version, load_contract(path)) for version, path in present.items()]


@pytest.fixture(autouse=True)
def answers_keep_the_contract(recorder: Recorder, contracts: list[Contract]) -> Iterator[None]:
    """After each test, check every recorded response against the contract."""
    begin = len(recorder.exchanges)
    yield
    passed = recorder.exchanges[begin:]
    problems = {problem for exchange in passed for problem in departures(exchange, contracts)}
    assert problems == set()


@pytest.fixture(scope="package")
def images_url() -> Iterator[str]:
    """Base URL of the portraits, as in ``{url}/person_a_1.jpg``."""
    folder = portrait("person_a_1").parent
    handler = partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
