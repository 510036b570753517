"""Time of recognize compared with detect plus identify, over HTTP, alternating for each image."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from typing import Any

from tools.measure.speed.images import sample_images
from tools.measure.speed.requests import Address, running_service
from tools.measure.speed.result import Result

_GROUP = "bench"
_MOST_FACES = 10
"""Maximum number of faces in one call of identify."""


def measure(*, rounds: int) -> list[Result]:
    """Recognise every sample image ``rounds`` times, and detect and identify it as often.

    Detect stores the faces, because identify needs them; recognise stores none. The group has one
    person for each image with exactly one face.
    """
    origin, images = sample_images()
    with running_service() as address:
        client = _Client(address)
        client.enrol(images)
        known = [image for image in images if 0 < len(client.detect(image)) <= _MOST_FACES]
        two, one = [], []
        for _ in range(rounds):
            for image in known:
                two.append(_seconds(partial(client.detect_and_identify, image)))
                one.append(_seconds(partial(client.recognize, image)))
        trips = [_seconds(client.read_group) for _ in range(len(one))]
    how = f"{len(one)} calls in turns with the other way, images of {origin}"
    return [
        _result("detect_and_identify_http_p50_ms", two, how),
        _result("recognize_http_p50_ms", one, how),
        _result("round_trip_http_p50_ms", trips, "GET of a group, which reads one document"),
    ]


def _result(name: str, seconds: list[float], how: str) -> Result:
    return Result(name, statistics.median(seconds) * 1000, "ms", how)


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


class _Client:
    """Calls one service over one connection."""

    def __init__(self, address: Address) -> None:
        self._key = address.key
        self._connection = HTTPConnection("127.0.0.1", address.port, timeout=60)

    def enrol(self, images: list[bytes]) -> None:
        """Train a group with a person for each image that has exactly one face."""
        group = f"/face/v1.2/largepersongroups/{_GROUP}"
        body = {"name": _GROUP, "recognitionModel": "recognition_04"}
        self._call("PUT", group, body)
        for number, image in enumerate(images):
            if len(self.detect(image)) == 1:
                person = self._call("POST", f"{group}/persons", {"name": str(number)})["personId"]
                self._call("POST", f"{group}/persons/{person}/persistedfaces", image)
        self._call("POST", f"{group}/train")
        while self._call("GET", f"{group}/training")["status"] == "running":
            time.sleep(0.1)

    def read_group(self) -> None:
        """The cheapest request that reads the database."""
        self._call("GET", f"/face/v1.2/largepersongroups/{_GROUP}")

    def detect(self, image: bytes) -> list[str]:
        """The faceIds of an image."""
        path = "/face/v1.2/detect?recognitionModel=recognition_04"
        path += "&returnFaceAttributes=qualityForRecognition&detectionModel=detection_03"
        return [face["faceId"] for face in self._call("POST", path, image)]

    def detect_and_identify(self, image: bytes) -> None:
        """The two calls that recognise replaces."""
        body = {"faceIds": self.detect(image), "largePersonGroupId": _GROUP}
        self._call("POST", "/face/v1.2/identify", body)

    def recognize(self, image: bytes) -> None:
        """The single call, with names."""
        path = f"/lineament/v1/recognize?collections=largepersongroups/{_GROUP}"
        self._call("POST", path, image)

    def _call(self, method: str, path: str, body: dict[str, Any] | bytes | None = None) -> Any:
        """The decoded response.

        Raises:
            RuntimeError: the status is not 200 or 202.
        """
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {"Ocp-Apim-Subscription-Key": self._key, "Content-Type": kind}
        self._connection.request(method, path, content, headers)
        response = self._connection.getresponse()
        received = response.read()
        if response.status not in (200, 202):
            raise RuntimeError(f"{method} {path} answered {response.status}")
        return json.loads(received) if received else None
