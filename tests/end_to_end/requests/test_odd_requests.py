"""Requests and uploads as clients really send them, through the whole service."""

from __future__ import annotations

import io
import json
import socket
import uuid
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from azure.storage.blob import BlobServiceClient

from local.emulator.azurite import ACCOUNT
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait


@pytest.fixture
def names_below_localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names below localhost are this machine (RFC 6761), which not every resolver knows."""
    resolve = socket.getaddrinfo

    def resolved(host: str, *arguments: Any, **named: Any) -> Any:
        return resolve("127.0.0.1" if host.endswith(".localhost") else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


@pytest.mark.usefixtures("names_below_localhost")
def test_an_upload_through_a_host_style_address_gets_its_result_at_once(
    service: RunningService,
) -> None:
    port = urlsplit(service.storage.partition("BlobEndpoint=")[2].partition(";")[0]).port
    address = f"http://{ACCOUNT}.blob.localhost:{port}"
    key = service.storage.partition("AccountKey=")[2].partition(";")[0]
    credential = {"account_name": ACCOUNT, "account_key": key}
    name = f"{uuid.uuid4().hex}.jpg"
    with BlobServiceClient(address, credential=credential) as blobs:
        blobs.get_blob_client("uploads", name).upload_blob(portrait("person_a_1").read_bytes())
        result = blobs.get_blob_client("results", f"{name}.json")
        eventually(lambda: result.exists() or None)


def test_a_path_with_an_empty_segment_is_404_and_says_so(service: RunningService) -> None:
    for path in ("face//v1.2/persongroups", "face/v1.2//persongroups", "face/v1.2/persongroups//"):
        response = service.client.get(path)
        assert response.status_code == 404
        assert "empty segment" in response.json()["error"]["message"]


def test_bodies_of_the_first_preview_of_microsofts_python_client_are_read(
    service: RunningService,
) -> None:
    (face,) = service.faces(portrait("person_a_1").read_bytes())
    version = "v1.1-preview.1"
    asked = {"faceid1": face, "faceid2": face}
    assert service.ok("POST", "verify", asked, version=version)["isIdentical"]
    similar = {"faceid": face, "faceids": [face], "mode": "matchperson"}
    assert [one["faceId"] for one in service.ok("POST", "findsimilars", similar)] == [face]
    grouped = service.ok("POST", "group", {"faceids": [face, face]})
    assert grouped == {"groups": [], "messyGroup": [face]}


def test_without_a_key_the_answer_says_which_header_and_where_to_find_one(
    service: RunningService,
) -> None:
    response = httpx.get(f"{service.url}/face/v1.2/persongroups")
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (401, "401")
    assert error["message"].startswith("Access denied due to invalid subscription key")
    assert "Ocp-Apim-Subscription-Key" in error["message"]


@pytest.mark.parametrize(
    ("headers", "files", "content", "text"),
    [
        ({}, {"image": ("a.jpg", b"x" * 2_000)}, None, "octet-stream"),
        ({"Content-Type": "text/plain"}, None, b'{"url": "http://a/b.jpg"}', "application/json"),
    ],
)
def test_an_unsupported_media_type_is_rejected_with_the_supported_ones(
    service: RunningService,
    headers: dict[str, str],
    files: dict[str, tuple[str, bytes]] | None,
    content: bytes | None,
    text: str,
) -> None:
    response = service.client.post(
        "/face/v1.2/detect", headers=headers, files=files, content=content
    )
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (415, "BadArgument")
    assert text in error["message"]


def test_a_liveness_session_takes_a_verify_image_of_any_size(service: RunningService) -> None:
    image = portrait("person_a_2").read_bytes()
    assert len(image) > 64 * 1024
    for _ in range(10):
        response = service.client.post(
            "/face/v1.2/detectLivenessWithVerify-sessions",
            data={"livenessOperationMode": "Passive", "deviceCorrelationId": "d"},
            files={"verifyImage": ("a.jpg", io.BytesIO(image), "image/jpeg")},
        )
        assert response.status_code == 200, response.text


def test_health_is_answered_without_a_key(service: RunningService) -> None:
    response = httpx.get(f"{service.url}/health")
    assert (response.status_code, json.loads(response.content)) == (200, {"status": "healthy"})
