"""What the service does because Microsoft's Functions host does, seen over HTTP."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest

from function_app import OPERATIONS
from shared.api.errors import error_response
from shared.domain.errors import LengthRequired
from tests.end_to_end.service import ROOT, RunningService
from tests.images import portrait
from tools.measure.routes import sample_path

GROUPS = "/face/v1.2/persongroups"
IMAGE = {"content-type": "application/octet-stream"}


def chunked(service: RunningService, method: str, path: str, content: bytes) -> httpx.Response:
    """Send a body in chunks: httpx does for an iterator."""
    return service.client.request(method, path, content=iter([content]), headers=IMAGE)


def test_an_empty_chunked_body_is_411_where_a_body_is_read(service: RunningService) -> None:
    refused: list[str] = []
    for operation in OPERATIONS:
        names = [name for name in operation.api.versions if operation.is_in(name)]
        path = sample_path(operation.route.replace("{version}", names[-1]))
        answer = chunked(service, operation.method, path, b"")
        assert (answer.status_code == 411) is operation.reads_body, operation.name
        if operation.reads_body:
            assert answer.json()["error"]["code"] == "411"
            assert "Content-Length" in answer.json()["error"]["message"]
            refused.append(operation.name)
    assert {"detect", "verify", "persongroups_create", "persongroups_add_face"} <= set(refused)


def test_an_empty_body_with_a_length_is_not_411(service: RunningService) -> None:
    answer = service.client.post("/face/v1.2/detect", content=b"", headers=IMAGE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidImageSize")


def test_this_host_reads_a_chunked_body(service: RunningService) -> None:
    content = portrait("person_a_1").read_bytes()
    answer = chunked(service, "POST", "/face/v1.2/detect", content)
    assert answer.status_code == 200
    assert len(answer.json()) == 1


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json"])
def test_head_answers_as_get_without_a_body(service: RunningService, path: str) -> None:
    with httpx.Client(base_url=service.url) as without_key:
        head, get = without_key.head(path), without_key.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == str(len(get.content))


def test_an_empty_answer_has_no_type(service: RunningService) -> None:
    created = service.client.put(f"{GROUPS}/typeless", json={"name": "typeless"})
    deleted = service.client.delete(f"{GROUPS}/typeless")
    for answer in (created, deleted):
        assert (answer.status_code, answer.content) == (200, b"")
        assert "content-type" not in answer.headers


def test_a_key_may_have_blanks_around_it(service: RunningService) -> None:
    url = urlsplit(service.url)
    connection = HTTPConnection(str(url.hostname), url.port)
    try:
        headers = {"Ocp-Apim-Subscription-Key": f"  {service.key} "}
        connection.request("GET", GROUPS, headers=headers)
        assert connection.getresponse().status == 200
    finally:
        connection.close()


def test_a_parameter_that_comes_twice_is_one_value_with_a_comma(service: RunningService) -> None:
    content = portrait("person_a_1").read_bytes()

    def detect(query: str) -> httpx.Response:
        return service.client.post(f"/face/v1.2/detect?{query}", content=content, headers=IMAGE)

    twice = detect("returnFaceId=true&returnFaceId=true")
    assert (twice.status_code, twice.json()["error"]["code"]) == (400, "BadArgument")
    listed = detect(
        "returnFaceAttributes=blur&RETURNFACEATTRIBUTES=noise&detectionModel=detection_01"
    )
    assert set(listed.json()[0]["faceAttributes"]) == {"blur", "noise"}


def test_answer_headers_are_ascii_whatever_the_caller_sends(service: RunningService) -> None:
    headers = {
        b"X-Forwarded-Host": "höst".encode(),
        b"X-Forwarded-Proto": "hü".encode(),
        b"client-request-id": "ü".encode(),
    }
    person = service.client.post("/face/v1.2/persons", json={"name": "a"}, headers=headers)
    assert person.status_code == 202
    location = person.headers["operation-location"]
    assert location.isascii()
    assert "h%C3%B6st" in location


def test_every_text_of_an_error_that_goes_into_a_header_is_ascii() -> None:
    response = error_response(LengthRequired("text"), None)
    assert all(f"{name}{text}".isascii() for name, text in response.headers.items())


def test_the_host_s_line_with_blob_names_is_silenced_and_the_app_s_lines_are_not() -> None:
    host = json.loads((ROOT / "host.json").read_text("utf-8"))
    assert host["logging"]["logLevel"] == {
        "Function.ingest_upload": "Warning",
        "Function.ingest_upload.User": "Information",
    }
