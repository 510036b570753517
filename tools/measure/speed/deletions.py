"""Time of deletions while there are many uploads below `enroll/`."""

from __future__ import annotations

import http.client
import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from azure.storage.blob import BlobServiceClient

from local.emulator.azurite import Azurite
from tools.measure.speed.images import sample_images
from tools.measure.speed.requests import Address, running_service
from tools.measure.speed.result import Result

_FOLDER = "enroll/largepersongroups/bench/Ada"
_GROUP = "/face/v1.2/largepersongroups/bench"
_WRITERS = 8
_PATIENCE = 60.0


def measure(*, uploads: int, faces: int) -> list[Result]:
    """Delete faces of a person one after another, then the person, then its group.

    Args:
        uploads: number of blobs below the person's folder.
        faces: number of images enrolled from it, and of faces deleted.
    """
    with tempfile.TemporaryDirectory(prefix="lineament-bench-") as folder:
        data = Path(folder)
        _fill(data, uploads)
        with running_service(data) as service:
            timings = _delete(service, faces)
    how = f"{uploads} uploads below the person's folder"
    name = f"with_{uploads}_uploads_ms"
    return [
        Result(f"delete_face_{name}", statistics.median(timings[:-2]) * 1000, "ms", how),
        Result(f"delete_person_{name}", timings[-2] * 1000, "ms", how),
        Result(f"delete_group_{name}", timings[-1] * 1000, "ms", how),
    ]


def _fill(data: Path, uploads: int) -> None:
    """Write invalid uploads while no service runs."""
    azurite = Azurite(data / "azurite", usual_ports=False)
    try:
        with BlobServiceClient.from_connection_string(azurite.wait()) as client:
            container = client.create_container("uploads")
            with ThreadPoolExecutor(_WRITERS) as pool:
                names = (f"{_FOLDER}/{number:06d}.jpg" for number in range(uploads))
                list(pool.map(lambda name: container.upload_blob(name, b"old"), names))
    finally:
        azurite.stop()


def _delete(service: Address, faces: int) -> list[float]:
    """Seconds of each deletion: of the faces, of the person, of the group."""
    _, images = sample_images()
    for number in range(faces):
        # Bytes after the end of a JPEG make it another upload of the same image.
        name = quote(f"{_FOLDER}/new-{number}.jpg")
        content = images[0] + str(number).encode()
        _call(service, "PUT", f"/lineament/v1/uploads/{name}", content)
    person = _enrolled(service, faces)
    path = f"{_GROUP}/persons/{person['personId']}"
    deleted = [f"{path}/persistedfaces/{face}" for face in person["persistedFaceIds"]]
    return [_timed(service, one) for one in (*deleted, path, _GROUP)]


def _enrolled(service: Address, faces: int) -> dict[str, Any]:
    """The person, once it has all of its faces."""
    deadline = time.perf_counter() + _PATIENCE
    while time.perf_counter() < deadline:
        try:
            persons = json.loads(_call(service, "GET", f"{_GROUP}/persons"))
        except RuntimeError:
            persons = []  # The group does not exist yet.
        if persons and len(persons[0]["persistedFaceIds"]) == faces:
            person: dict[str, Any] = persons[0]
            return person
        time.sleep(0.2)
    raise RuntimeError("The uploads were not enrolled.")


def _timed(service: Address, path: str) -> float:
    started = time.perf_counter()
    _call(service, "DELETE", path)
    return time.perf_counter() - started


def _call(service: Address, method: str, path: str, content: bytes | None = None) -> bytes:
    """The body of a response.

    Raises:
        RuntimeError: the call failed.
    """
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    headers = {"Ocp-Apim-Subscription-Key": service.key, "Content-Type": "application/octet-stream"}
    try:
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status >= 300:
        raise RuntimeError(f"{method} answered {response.status}")
    return body
