"""The service sends nothing to anyone but its stores and what the caller named.

Observed from outside the process: an audit hook of Python sees no socket that a library opens in
C++. `CI` and `ORT_RUNNING_UNIT_TESTS` are not set, because either silences onnxruntime.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.storage.blob import BlobServiceClient

from tests.cosmos_server.server import CosmosServer
from tests.end_to_end.conftest import on_cosmos
from tests.end_to_end.operating.system_calls import SystemCalls, why_unobservable
from tests.end_to_end.service import ROOT, RunningService, eventually
from tests.images import portrait
from tests.unit.network.image_servers import body, serving

pytestmark = pytest.mark.timeout(300)

SWITCH = "ORT_DISABLE_TELEMETRY"
DEVICES = Path("/dev")


class Observed:
    """A service whose system calls are recorded from start to exit, and its folders.

    The home folder is empty and is not where the service may write.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.home, self.data, self.temporary = (
            folder / name for name in ("home", "data", "temporary")
        )
        for made in (self.home, self.data, self.temporary):
            made.mkdir()
        self.calls = SystemCalls(folder / "calls")
        self.service = RunningService(
            self.data,
            {
                "HOME": str(self.home),
                "TMPDIR": str(self.temporary),
                "FACE_URL_ALLOW_PRIVATE": "true",
                **environment,
            },
            self.calls.command,
        )

    def ports(self) -> set[int]:
        """The ports of the service itself and of its storage account."""
        storage = re.findall(r"Endpoint=http://127\.0\.0\.1:(\d+)/", self.service.storage)
        return {urlsplit(self.service.url).port or 0, *map(int, storage)}

    def strays(self) -> set[Path]:
        """What was written outside checkout, data folder and temporary folder."""
        allowed = [ROOT, Path(sys.prefix).resolve().parent, self.data, self.temporary, DEVICES]
        written = self.calls.written(ROOT)
        return {path for path in written if not any(path.is_relative_to(one) for one in allowed)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if (reason := why_unobservable(tmp_path)) is not None:
        pytest.skip(reason)
    return tmp_path


@pytest.fixture
def image_port() -> Iterator[int]:
    """The port of a web server that has a portrait at /face.jpg."""
    content = portrait("person_a_2").read_bytes()
    with serving({"/face.jpg": body(content)}) as server:
        yield int(server.server_address[1])


def use_everything(service: RunningService, image_port: int) -> None:
    """Detect, enrol, train, identify, upload, fetch an image URL."""
    image = portrait("person_a_1").read_bytes()
    (face,) = service.faces(image)
    group = "persongroups/observed"
    service.ok("PUT", group, {"name": "observed"})
    person = service.ok("POST", f"{group}/persons", {"name": "a"})["personId"]
    service.ok("POST", f"{group}/persons/{person}/persistedfaces", image=image)
    assert service.train(group)["status"] == "succeeded"
    asked = {"personGroupId": "observed", "faceIds": [face]}
    assert service.ok("POST", "identify", asked)[0]["candidates"]
    service.ok("POST", "detect", {"url": f"http://127.0.0.1:{image_port}/face.jpg"})
    with BlobServiceClient.from_connection_string(service.storage) as blobs:
        blobs.get_blob_client("uploads", "a.jpg").upload_blob(image)
        result = blobs.get_blob_client("results", "a.jpg.json")
        eventually(lambda: result.exists() or None)


def test_the_service_connects_to_its_stores_and_to_what_the_caller_named_only(
    folder: Path, image_port: int, cosmos_server: CosmosServer
) -> None:
    observed = Observed(folder, **on_cosmos(cosmos_server, "observed"))
    with observed.service as service:
        use_everything(service, image_port)
        allowed = {*observed.ports(), image_port, urlsplit(cosmos_server.url).port}
        assert service.stop() == 0
    reached = observed.calls.destinations()
    assert {address for address, _ in reached} == {"127.0.0.1"}
    assert {port for _, port in reached} <= allowed
    assert {image_port, urlsplit(cosmos_server.url).port} <= {port for _, port in reached}
    assert observed.strays() == set()
    assert list(observed.home.iterdir()) == []


def test_the_observation_sees_onnxruntimes_telemetry_where_the_operator_turns_it_on(
    folder: Path,
) -> None:
    observed = Observed(folder, **{SWITCH: "0"})
    with observed.service as service:
        eventually(lambda: observed.strays() or None)
        eventually(lambda: strangers(observed) or None, seconds=60)
        service.stop()
    assert any(path.is_relative_to(observed.home) for path in observed.strays())


def strangers(observed: Observed) -> set[tuple[str, int]]:
    """Destinations that are neither the service nor its storage."""
    found = observed.calls.destinations()
    return {(address, port) for address, port in found if port not in observed.ports()}
