"""A data directory with one large person group, written by the service's own code."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from local.emulator.azurite import Azurite
from shared.composition.container import Container
from shared.domain.clock import SystemClock
from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey
from shared.domain.values import Collection
from shared.services.messages import TrainingMessage
from shared.storage.account.azure_blobs import AzureBlobStore
from shared.storage.account.clients import connect_storage
from shared.storage.account.location import StorageConnection
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.people import People
from shared.vision.runtime.manifest import Task, load_manifest
from tools.measure.speed.galleries.made_up_gallery import Gallery
from tools.measure.speed.requests import Address, running_service

KEY = CollectionKey(LARGE_PERSON_GROUP, "benchmark")

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Site:
    """Location of the gallery.

    Attributes:
        data: the data directory of a local service.
        storage: connection string of its running Azurite.
    """

    data: Path
    storage: str

    def container(self) -> Container:
        """The service's composition with this data; the caller closes it."""
        return Container(
            {
                "FACE_KEYS": "bench",
                "FACE_DATA_DIR": str(self.data),
                "AzureWebJobsStorage": self.storage,
                "FACE_CACHE_MAX_BYTES": "10000000000",
            }
        )

    def blobs(self) -> AzureBlobStore:
        """The blobs of its Azurite."""
        return AzureBlobStore(connect_storage(StorageConnection(self.storage)).blobs)


def model_name() -> str:
    """The embedding model of the service."""
    return load_manifest().first(Task.RECOGNITION).name


def found_group(data: Path) -> None:
    """Start the service once to create its containers, and create the group over HTTP."""
    with running_service(data) as address:
        client = Client(address)
        client.call("PUT", f"largepersongroups/{KEY.collection_id}", {"name": "benchmark"})
        client.close()


@contextmanager
def open_site(data: Path) -> Iterator[Site]:
    """Run the data directory's Azurite."""
    azurite = Azurite(data / "azurite", usual_ports=False)
    try:
        yield Site(data, azurite.wait())
    finally:
        azurite.stop()


@contextmanager
def open_store(data: Path) -> Iterator[SqliteDocumentStore]:
    """The document store of the data directory."""
    store = SqliteDocumentStore(data / "lineament.sqlite", clock=SystemClock())
    try:
        yield store
    finally:
        store.close()


def collection_of(site: Site) -> Collection:
    """The group's record."""
    with closing(site.container()) as container:
        return container.enrolment.collections.get(KEY)


def fill(site: Site, gallery: Gallery) -> None:
    """Write a gallery into the group."""
    collection = collection_of(site)
    with open_store(site.data) as store:
        people = People(store.container(PEOPLE))
        for chunk in gallery.chunks():
            people.create_all(collection, gallery.people(chunk))


def train(site: Site) -> None:
    """Train the group in this process, as the queue function does."""
    with closing(site.container()) as container:
        container.training.runs.request(KEY)
        run = container.training.runs.status(KEY).run
        incarnation = container.enrolment.collections.get(KEY).incarnation
        message = TrainingMessage(KEY.kind.name, KEY.collection_id, incarnation, run)
        container.training.runs.run(message)
        status = container.training.runs.status(KEY)
    if status.status != "succeeded":
        raise RuntimeError(f"The training {status.status}: {status.message}")


def in_fresh_process(
    function: Callable[_Arguments, _Answer],
    *arguments: _Arguments.args,
    **more: _Arguments.kwargs,
) -> _Answer:
    """Call a function in a new process, with one thread per library."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **more).result()


def memory(name: str) -> int:
    """The bytes of a line of /proc/self/status, such as VmHWM or RssAnon."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}.")


class Client:
    """One kept-alive connection to a service."""

    def __init__(self, address: Address) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=120)
        self._headers = {
            "Ocp-Apim-Subscription-Key": address.key,
            "Content-Type": "application/json",
        }

    def call(self, method: str, path: str, body: object) -> Any:
        """Call an operation and return its JSON."""
        answer = self._bytes(method, path, json.dumps(body))
        return json.loads(answer) if answer else None

    def get(self, path: str) -> bytes:
        """The JSON of a GET request."""
        return self._bytes("GET", path, None)

    def _bytes(self, method: str, path: str, content: str | None) -> bytes:
        self._connection.request(method, f"/face/v1.2/{path}", content, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status not in (200, 202):
            raise RuntimeError(f"{path} answered {response.status}: {answer[:500]!r}")
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def label(faces: int) -> str:
    """A number of faces in the form of the figures' names: 1m, 100k, 2k."""
    return f"{faces // 1_000_000}m" if faces >= 1_000_000 else f"{faces // 1_000}k"
