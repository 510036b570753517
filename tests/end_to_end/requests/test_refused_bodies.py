"""A request is refused by its head, and its client reads the answer whatever it still sends."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from azure.ai.vision.face import FaceClient
from azure.ai.vision.face.models import FaceDetectionModel, FaceRecognitionModel
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError

from tests.end_to_end.service import RunningService

SIX_MEGABYTES = 6 * 1024 * 1024
OCTETS = "application/octet-stream"


def test_microsofts_client_with_a_wrong_key_reads_the_refusal_of_six_megabytes(
    service: RunningService,
) -> None:
    with FaceClient(service.url, AzureKeyCredential("wrong")) as client:
        for _ in range(5):
            with pytest.raises(ClientAuthenticationError, match="Access denied"):
                client.detect(
                    bytes(SIX_MEGABYTES),
                    detection_model=FaceDetectionModel.DETECTION03,
                    recognition_model=FaceRecognitionModel.RECOGNITION04,
                    return_face_id=True,
                )


def answer_to_head(service: RunningService, headers: dict[str, str]) -> tuple[int, bytes]:
    """What the service answers where no byte of the body is ever sent."""
    address = urlsplit(service.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    connection.putrequest("POST", "/face/v1.2/detect")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


@pytest.mark.parametrize(
    ("headers", "status", "text"),
    [
        ({"Ocp-Apim-Subscription-Key": "wrong"}, 401, "Ocp-Apim-Subscription-Key"),
        ({}, 401, "make run"),
        ({"Content-Type": "multipart/form-data; boundary=b"}, 415, "octet-stream"),
        ({"Content-Type": "application/json; charset=utf-16"}, 415, "utf-8"),
        ({"Content-Length": str(21 * 1024 * 1024)}, 400, "too big"),
        ({"Content-Type": "application/json", "Content-Length": "5000000"}, 400, "too long"),
    ],
)
def test_a_head_is_refused_before_a_byte_of_the_body_is_requested(
    service: RunningService, headers: dict[str, str], status: int, text: str
) -> None:
    usual = {"Content-Length": "1000000", "Content-Type": OCTETS, "Expect": "100-continue"}
    key = {} if status == 401 else {"Ocp-Apim-Subscription-Key": service.key}
    found, body = answer_to_head(service, {**usual, **key, **headers})
    assert found == status
    assert text in body.decode()


def test_a_refused_upload_keeps_its_connection(service: RunningService) -> None:
    with httpx.Client(base_url=service.url, timeout=60) as client:
        for _ in range(3):
            response = client.post("/face/v1.2/detect", content=bytes(SIX_MEGABYTES))
            assert response.status_code == 401
            assert "connection" not in response.headers


def test_a_client_that_stops_sending_delays_no_other_client(service: RunningService) -> None:
    address = urlsplit(service.url)
    stopped = []
    for _ in range(80):
        client = socket.create_connection((address.hostname, address.port), timeout=20)
        head = "POST /face/v1.2/detect HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
        client.sendall(f"{head}Ocp-Apim-Subscription-Key: {service.key}\r\n\r\nabc".encode())
        stopped.append(client)
    assert service.call("GET", "persongroups").status_code == 200
    for client in stopped:
        client.close()


@pytest.mark.parametrize(
    "line",
    [
        "GET /health",
        "GET /",
        "GET /docs",
        "GET /openapi.json",
        "GET /console",
        "POST /console/code",
        "GET /nothing",
        "POST /face/v1.2/nothing",
        "DELETE /face/v1.2/detect",
        "POST /face/v1.2/detect",
        "PUT /face/v1.2/persongroups/a",
        "PUT /lineament/v1/uploads/a.jpg",
        "GET /lineament/v1/nothing",
        "POST /runtime/webhooks/blobs",
        "GET /runtime/webhooks/blobs",
    ],
)
def test_no_path_asks_for_a_body_without_a_key(service: RunningService, line: str) -> None:
    address = urlsplit(service.url)
    fields = f"Host: x\r\nExpect: 100-continue\r\nContent-Length: {SIX_MEGABYTES}\r\n"
    head = f"{line} HTTP/1.1\r\n{fields}\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"connection: close\r\n" in answer
    assert answer.startswith(b"HTTP/1.1 ")
    assert not answer.startswith(b"HTTP/1.1 100")
