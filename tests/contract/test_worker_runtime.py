"""Microsoft's own worker code indexes and runs this app, with the same results as the local host.

`azure-functions-runtime` is what the worker of Azure loads from Python 3.13 on. Its names are
internal, so it is pinned. The test needs a working Python 3.13 and skips, saying so, without.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from function_app import OPERATIONS, app
from local.emulator.storage_account import StorageAccount
from local.http.routing import Route, Router
from local.triggers.indexing import index
from tests.end_to_end.service import RunningService
from tests.images import portrait
from tools.measure.routes import sample_path

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = "azure-functions-runtime==1.3.0"
KEY = "0123456789abcdef0123456789abcdef"


def python_3_13() -> str | None:
    """A Python 3.13 that runs; a version manager's shim may exist and not run."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = ["python3.13", *map(str, sorted(pyenv.glob("versions/3.13*/bin/python")))]
    check = "import sys, ensurepip; sys.exit(sys.version_info[:2] != (3, 13))"
    for candidate in candidates:
        found = shutil.which(candidate)
        if found and subprocess.run([found, "-c", check], capture_output=True).returncode == 0:
            return found
    return None


@pytest.fixture(scope="module")
def worker_python() -> Path:
    """Python 3.13 with the deployed packages and Microsoft's worker; created once."""
    python = python_3_13()
    if python is None:
        pytest.skip("no working Python 3.13 on this machine: python3.13 and pyenv were tried")
    requirements = ROOT / "requirements.txt"
    version = hashlib.sha256(requirements.read_bytes() + RUNTIME.encode()).hexdigest()[:12]
    folder = ROOT / ".build" / f"worker-{version}"
    if not (folder / "complete").exists():
        subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "-r", str(requirements)], check=True)
        # Not in one command: with hashes in requirements.txt, pip wants one for every package.
        subprocess.run([*pip, RUNTIME], check=True)
        (folder / "complete").touch()
    return folder / "bin" / "python"


def test_azure_installs_the_worker_that_is_tested() -> None:
    wanted = (ROOT / "requirements.in").read_text("utf-8").splitlines()
    assert f'{RUNTIME} ; python_version >= "3.13"' in wanted


class Side(Protocol):
    """A way to run the app: the local host, or the worker."""

    storage: str

    def http(self, method: str, path: str, content: bytes) -> tuple[int, Any]: ...

    def train(self, group: str) -> None: ...

    def ingest(self, blob: str) -> None: ...


class Worker:
    """The app inside Microsoft's worker code; this class plays the Functions host."""

    def __init__(self, python: Path, data: Path, storage: str) -> None:
        self.storage = storage
        self._queues = QueueServiceClient.from_connection_string(storage)
        environment = {"FACE_DATA_DIR": str(data), "FACE_KEYS": KEY, "AzureWebJobsStorage": storage}
        self.log = data / "worker.log"
        self._log = self.log.open("w")
        self._process = subprocess.Popen(
            [str(python), str(Path(__file__).with_name("worker_driver.py")), str(ROOT)],
            env={"PATH": os.environ["PATH"], **environment},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.functions: dict[str, list[str]] = {}
        self._router: Router[str] = Router([])

    def start(self) -> None:
        """Wait until the worker has indexed the app."""
        self.functions = self._read()
        self._router = Router(
            Route(name, trigger["route"], frozenset(trigger.get("methods") or ()), name)
            for name, bindings in self.functions.items()
            for trigger in map(json.loads, bindings)
            if trigger["type"] == "httpTrigger"
        )

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()
        self._process.wait(30)
        self._queues.close()

    def http(self, method: str, path: str, content: bytes) -> tuple[int, Any]:
        route, _, query = path.partition("?")
        found = self._router.find(method, route)
        assert found is not None
        name, values = found
        image = content[:1] not in (b"", b"{")
        request = {
            "method": method,
            "url": f"http://127.0.0.1{path}",
            "headers": {"ocp-apim-subscription-key": KEY, "content-type": _content_type(image)},
            "params": dict(values),
            "query": dict(parse_qsl(query)),
            "body": {"bytes": base64.b64encode(content).decode()},
        }
        answer = self.invoke(name, {"http": request})
        body = base64.b64decode(answer["body"])
        return answer["status"], json.loads(body) if body else None

    def train(self, group: str) -> None:
        (message,) = self._queues.get_queue_client("training").receive_messages(max_messages=1)
        text = base64.b64decode(message.content).decode()
        metadata = {"Id": {"string": message.id}, "DequeueCount": {"json": "1"}}
        assert self.invoke("train_collection", {"string": text}, metadata) == {}

    def ingest(self, blob: str) -> None:
        content = {"Connection": "AzureWebJobsStorage", "ContainerName": "uploads"}
        data = {
            "version": "1.0",
            "source": "AzureStorageBlobs",
            "content_type": "application/json",
            "content": json.dumps({**content, "BlobName": blob}),
        }
        assert self.invoke("ingest_upload", {"model_binding_data": data}) == {}

    def invoke(
        self, function: str, data: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The worker's response to one invocation."""
        assert self._process.stdin is not None
        request = {"function": function, "data": data, "metadata": metadata or {}}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the worker ended; {self._log.name} says why"
        answer: dict[str, Any] = json.loads(line)
        return answer


class Host:
    """The app inside the local host, which runs queue and blob functions by itself."""

    def __init__(self, service: RunningService) -> None:
        self.storage = service.storage
        self._service = service

    def http(self, method: str, path: str, content: bytes) -> tuple[int, Any]:
        image = content[:1] not in (b"", b"{")
        response = self._service.client.request(
            method, path, content=content, headers={"content-type": _content_type(image)}
        )
        return response.status_code, response.json() if response.content else None

    def train(self, group: str) -> None:
        def status() -> str:
            path = f"/face/v1.2/persongroups/{group}/training"
            return str(self.http("GET", path, b"")[1]["status"])

        deadline = time.monotonic() + 30
        while status() in ("notstarted", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def ingest(self, blob: str) -> None:
        with BlobServiceClient.from_connection_string(self.storage) as blobs:
            result = blobs.get_blob_client("results", f"{blob}.json")
            deadline = time.monotonic() + 30
            while not result.exists():
                assert time.monotonic() < deadline
                time.sleep(0.05)


@pytest.fixture(scope="module")
def worker(
    worker_python: Path, azurite: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    account = StorageAccount.connect(azurite)
    account.prepare()
    account.close()
    running = Worker(worker_python, tmp_path_factory.mktemp("worker"), azurite)
    try:
        running.start()
        yield running
    finally:
        running.close()


def test_the_worker_finds_every_function(worker: Worker) -> None:
    assert sorted(worker.functions) == index(app).names


def test_the_worker_and_the_local_host_give_the_same_results(
    worker: Worker, tmp_path: Path
) -> None:
    with RunningService(tmp_path) as service:
        by_host = story(Host(service))
    by_worker = story(worker)
    assert by_worker == by_host
    assert by_worker["create"] == [200, None]
    assert by_worker["training"] == "succeeded"
    assert [len(face["candidates"]) for face in by_worker["upload"]["faces"]] == [1]


def test_every_operation_answers_the_same_in_the_worker_and_the_local_host(
    worker: Worker, tmp_path: Path
) -> None:
    with RunningService(tmp_path) as service:
        by_host = {name: outline(*answer) for name, answer in every_operation(Host(service))}
    by_worker = {name: outline(*answer) for name, answer in every_operation(worker)}
    assert by_worker == by_host
    assert {name for name, _ in by_worker} == {operation.name for operation in OPERATIONS}
    statuses = {status for status, _ in by_worker.values()}
    assert 500 not in statuses
    assert {200, 400, 404, 410} <= statuses


def every_operation(side: Side) -> Iterator[tuple[tuple[str, str], tuple[int, Any]]]:
    """Name and version of every operation, and what it answers to an empty JSON object."""
    for operation in OPERATIONS:
        for version in operation.api.versions:
            path = f"/{operation.api.name}/{version}{sample_path(operation.path)}"
            yield (operation.name, version), side.http(operation.method, path, b"{}")


def outline(status: int, content: Any) -> tuple[int, Any]:
    """The status, and the error or the shape of what is answered."""
    if isinstance(content, dict):
        return status, content.get("error", sorted(content))
    return status, type(content).__name__


def test_no_log_line_has_a_url_or_a_blobs_name(worker: Worker) -> None:
    with BlobServiceClient.from_connection_string(worker.storage) as blobs:
        image = portrait("person_a_1").read_bytes()
        blobs.get_blob_client("uploads", "private-name.jpg").upload_blob(image, overwrite=True)
    before = len(worker.log.read_text("utf-8"))
    worker.ingest("private-name.jpg")
    lines = worker.log.read_text("utf-8")[before:].splitlines()
    assert any(line.startswith("shared.services.uploads") for line in lines)
    assert [line for line in lines if "private-name" in line or "://" in line] == []


def story(side: Side) -> Any:
    """Enrol, train, identify and upload; the results, without ids that differ between runs."""
    enrolled, probe = (portrait(f"person_a_{n}").read_bytes() for n in (1, 2))
    outcome: dict[str, Any] = {}
    group = "/face/v1.2/persongroups/family"
    outcome["detect"] = side.http("POST", "/face/v1.2/detect", enrolled)
    outcome["refused"] = side.http("POST", "/face/v1.2/verify", b"{}")
    outcome["create"] = side.http("PUT", group, b'{"name": "family"}')
    person = side.http("POST", f"{group}/persons", b'{"name": "a"}')[1]["personId"]
    path = f"{group}/persons/{person}/persistedfaces"
    outcome["add"] = side.http("POST", path, enrolled)[0]
    outcome["train"] = side.http("POST", f"{group}/train", b"")
    side.train("family")
    outcome["training"] = side.http("GET", f"{group}/training", b"")[1]["status"]
    with BlobServiceClient.from_connection_string(side.storage) as blobs:
        upload = blobs.get_blob_client("uploads", "probe.jpg")
        upload.upload_blob(probe, metadata={"persongroupid": "family"})
        side.ingest("probe.jpg")
        text = blobs.get_blob_client("results", "probe.jpg.json").download_blob().readall()
    outcome["upload"] = json.loads(text)
    return without_ids(outcome)


def without_ids(value: Any) -> Any:
    """The same JSON without what differs between runs."""
    if isinstance(value, list | tuple):
        return [without_ids(item) for item in value]
    if isinstance(value, dict):
        new_each_time = ("faceId", "personId", "etag")
        return {k: without_ids(v) for k, v in value.items() if k not in new_each_time}
    return value


def _content_type(image: bool) -> str:
    return "application/octet-stream" if image else "application/json"
