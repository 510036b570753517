"""Which clients send images in chunks by default: the Functions host reads no such body.

docs/differences.md lists them with what to do.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from azure.ai.vision.face import FaceClient
from azure.ai.vision.face.models import FaceDetectionModel, FaceRecognitionModel
from azure.cognitiveservices.vision.face import FaceClient as ClassicClient
from azure.cognitiveservices.vision.face.models import APIErrorException
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from msrest.authentication import CognitiveServicesCredentials

IMAGE = bytes(2000)
ERROR = b'{"error": {"code": "BadArgument", "message": "text"}}'


class Receiver(HTTPServer):
    """Notes the framing of each body and answers 400."""

    framings: list[str]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        self.server.framings.append(
            self.headers.get("Transfer-Encoding") or f"length {self.headers['Content-Length']}"
        )
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ERROR)))
        self.end_headers()
        self.wfile.write(ERROR)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(("127.0.0.1", 0), _Handler) as server:
        server.framings = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def classic_client(url: str) -> Any:
    """The client has no types."""
    make: Any = ClassicClient
    return make(url, CognitiveServicesCredentials("key"))


def classic(url: str) -> None:
    client = classic_client(url)
    with suppress(APIErrorException):
        client.face.detect_with_stream(io.BytesIO(IMAGE))


def classic_with_lengths(url: str) -> None:
    client = classic_client(url)
    client._client.stream_upload = lambda data, callback: data
    with suppress(APIErrorException):
        client.face.detect_with_stream(io.BytesIO(IMAGE))


def current(url: str) -> None:
    with FaceClient(url, AzureKeyCredential("key")) as client, suppress(HttpResponseError):
        client.detect(
            io.BytesIO(IMAGE),  # type: ignore[arg-type] # the client takes streams too
            detection_model=FaceDetectionModel.DETECTION03,
            recognition_model=FaceRecognitionModel.RECOGNITION04,
            return_face_id=False,
        )


def httpx_bytes(url: str) -> None:
    httpx.post(url, content=IMAGE)


def httpx_iterator(url: str) -> None:
    httpx.post(url, content=iter([IMAGE]))


@pytest.mark.parametrize(
    ("send", "framing"),
    [
        (classic, "chunked"),
        (classic_with_lengths, "length 2000"),
        (current, "length 2000"),
        (httpx_bytes, "length 2000"),
        (httpx_iterator, "chunked"),
    ],
)
def test_a_client_frames_its_body(
    receiver: Receiver, send: Callable[[str], None], framing: str
) -> None:
    send(f"http://127.0.0.1:{receiver.server_port}")
    assert receiver.framings == [framing]
