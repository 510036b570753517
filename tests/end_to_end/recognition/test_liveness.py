"""Liveness sessions over HTTP: created, read, listed, deleted, and never judged."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from typing import Any

import httpx
import pytest
from azure.ai.vision.face import FaceSessionClient
from azure.ai.vision.face.models import (
    CreateLivenessSessionContent,
    CreateLivenessWithVerifySessionContent,
    LivenessOperationMode,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ResourceNotFoundError

from tests.end_to_end.service import RunningService
from tests.images import portrait

PREVIEWS = ("v1.1-preview.1", "v1.2-preview.1")
DEVICE = {"livenessOperationMode": "Passive", "deviceCorrelationId": "device-1"}
PLAIN, VERIFY = "detectLiveness-sessions", "detectLivenessWithVerify-sessions"
PREVIEW_PLAIN = "detectLiveness/singleModal/sessions"
PREVIEW_VERIFY = "detectLivenessWithVerify/singleModal/sessions"


def post_form(
    service: RunningService,
    path: str,
    fields: dict[str, str],
    image: tuple[str, bytes] | None,
    version: str = "v1.2",
) -> httpx.Response:
    """Send a multipart form; the image part has the name that the path's routes use."""
    part = "verifyImage" if path == VERIFY else "VerifyImage"
    files = {name: (None, text) for name, text in fields.items()}
    with_image: dict[str, Any] = files if image is None else {**files, part: image}
    return service.client.post(f"/face/{version}/{path}", files=with_image)


def error(response: httpx.Response) -> tuple[int, str]:
    """Status and code of an error."""
    return response.status_code, response.json()["error"]["code"]


def test_a_session_is_made_read_and_deleted(service: RunningService) -> None:
    made = service.ok("POST", PLAIN, DEVICE)
    token = made.pop("authToken")
    assert len(token) >= 43
    assert made == {
        "sessionId": made["sessionId"],
        "status": "NotStarted",
        "modelVersion": "2024-11-15",
        "results": {"attempts": []},
    }
    path = f"{PLAIN}/{made['sessionId']}"
    assert service.ok("GET", path) == {
        "sessionId": made["sessionId"],
        "authToken": "",
        "status": "NotStarted",
        "results": {"attempts": []},
    }
    assert error(service.call("GET", f"{VERIFY}/{made['sessionId']}")) == (404, "SessionNotFound")
    deleted = service.call("DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "content-type" not in deleted.headers
    for method in ("GET", "DELETE"):
        gone = service.call(method, path)
        assert gone.status_code == 404
        assert gone.json()["error"] == {
            "code": "SessionNotFound",
            "message": "Session Id is not found. The session id is expired or does not exist.",
        }


def test_neither_token_nor_verify_image_is_stored(service: RunningService) -> None:
    # A JPEG comment of 16 random bytes: other tests upload the same portrait.
    content = portrait("person_a_1").read_bytes()
    image = content[:2] + b"\xff\xfe\x00\x12" + uuid.uuid4().bytes + content[2:]
    made = post_form(service, VERIFY, DEVICE, ("a.jpg", image))
    assert made.status_code == 200, made.text
    token = made.json()["authToken"].encode()
    with closing(sqlite3.connect(service.data / "lineament.sqlite")) as database:
        dump = "\n".join(database.iterdump()).encode()
    assert made.json()["sessionId"].encode() in dump
    assert token not in dump
    for file in service.data.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert image[:512] not in content
        assert token not in content


def test_the_face_of_a_verify_image_is_what_detect_finds(service: RunningService) -> None:
    image = portrait("person_a_1").read_bytes()
    found = service.ok(
        "POST",
        "detect",
        image=image,
        returnFaceAttributes="qualityForRecognition",
        recognitionModel="recognition_04",
    )
    quality = found[0]["faceAttributes"]["qualityForRecognition"]
    made = post_form(service, VERIFY, DEVICE, ("a.jpg", image)).json()
    assert made["results"]["attempts"] == []
    (reference,) = made["results"]["verifyReferences"]
    assert reference["referenceType"] == "Color"
    assert reference["faceRectangle"] == found[0]["faceRectangle"]
    assert reference["qualityForRecognition"] == quality
    read = service.ok("GET", f"{VERIFY}/{made['sessionId']}")
    assert read["results"] == made["results"]
    parameters = '{"livenessOperationMode": "Passive", "deviceCorrelationIdSetInClient": true}'
    preview = post_form(
        service, PREVIEW_VERIFY, {"Parameters": parameters}, ("a.jpg", image), PREVIEWS[0]
    ).json()
    assert preview["verifyImage"] == {
        "faceRectangle": found[0]["faceRectangle"],
        "qualityForRecognition": quality,
    }


def test_a_verify_image_needs_exactly_one_face(service: RunningService) -> None:
    noise = portrait("person_a_1").read_bytes()[:2000]
    assert error(post_form(service, VERIFY, DEVICE, ("a.jpg", noise))) == (400, "InvalidImage")
    tiny = post_form(service, VERIFY, DEVICE, ("a.jpg", b"x" * 100))
    assert error(tiny) == (400, "InvalidImageSize")
    huge = post_form(service, VERIFY, DEVICE, ("a.jpg", b"x" * (6 * 1024 * 1024 + 1)))
    assert error(huge) == (400, "InvalidImageSize")


def test_a_form_must_be_a_form_with_the_image_as_a_file(service: RunningService) -> None:
    assert error(post_form(service, VERIFY, DEVICE, None)) == (400, "InvalidRequestBody")
    as_field = {**DEVICE, "verifyImage": "no file"}
    assert error(post_form(service, VERIFY, as_field, None)) == (400, "InvalidRequestBody")
    assert error(service.call("POST", VERIFY, DEVICE)) == (400, "InvalidRequestBody")
    broken = service.client.post(
        f"/face/v1.2/{VERIFY}",
        content=b"--x\r\nnonsense",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert error(broken) == (400, "InvalidRequestBody")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"livenessOperationMode": "Active"}, "InvalidLivenessOperationMode"),
        ({"livenessOperationMode": None}, "InvalidRequestBody"),
        ({"authTokenTimeToLiveInSeconds": 59}, "InvalidTokenLifetime"),
        ({"authTokenTimeToLiveInSeconds": 86_401}, "InvalidTokenLifetime"),
        ({"authTokenTimeToLiveInSeconds": "600"}, "InvalidRequestBody"),
        ({"deviceCorrelationId": None}, "InvalidDeviceCorrelationId"),
        ({"deviceCorrelationId": ""}, "InvalidDeviceCorrelationId"),
        ({"deviceCorrelationId": "d" * 65}, "InvalidDeviceCorrelationId"),
        ({"livenessModelVersion": "1999-01-01"}, "InvalidRequestBody"),
    ],
)
def test_what_a_session_cannot_be_is_refused(
    service: RunningService, change: dict[str, Any], code: str
) -> None:
    assert error(service.call("POST", PLAIN, {**DEVICE, **change})) == (400, code)
    if "livenessModelVersion" not in change:
        preview = service.call("POST", PREVIEW_PLAIN, {**DEVICE, **change}, version=PREVIEWS[1])
        assert error(preview) == (400, code)


def test_a_form_s_fields_are_held_to_the_same_rules(service: RunningService) -> None:
    image = ("a.jpg", portrait("person_a_1").read_bytes())
    for change, code in (
        ({"authTokenTimeToLiveInSeconds": "59"}, "InvalidTokenLifetime"),
        ({"authTokenTimeToLiveInSeconds": "soon"}, "InvalidRequestBody"),
        ({"verifyConfidenceThreshold": "1.5"}, "InvalidRequestBody"),
        ({"verifyConfidenceThreshold": "nan"}, "InvalidRequestBody"),
    ):
        assert error(post_form(service, VERIFY, {**DEVICE, **change}, image)) == (400, code)
    fields = {
        "livenessOperationMode": "PassiveActive",
        "deviceCorrelationIdSetInClient": "True",
        "authTokenTimeToLiveInSeconds": "60",
        "verifyConfidenceThreshold": "0.5",
        "returnVerifyImageHash": "false",
    }
    assert post_form(service, VERIFY, fields, image).status_code == 200


@pytest.mark.parametrize("version", PREVIEWS)
def test_the_previews_list_read_audit_and_delete(service: RunningService, version: str) -> None:
    made = [
        service.ok(
            "POST",
            PREVIEW_PLAIN,
            {**DEVICE, "sendResultsToClient": True, "authTokenTimeToLiveInSeconds": 60},
            version=version,
        )
        for _ in range(3)
    ]
    ids = sorted(one["sessionId"] for one in made)
    assert all(set(one) == {"sessionId", "authToken"} for one in made)
    listed = service.ok("GET", PREVIEW_PLAIN, version=version)
    assert [one["id"] for one in listed if one["id"] in ids] == ids
    assert [one["id"] for one in listed] == sorted(one["id"] for one in listed)
    page = service.ok("GET", PREVIEW_PLAIN, version=version, start=ids[0], top="1")
    assert len(page) == 1
    assert page[0]["id"] > ids[0]
    read = service.ok("GET", f"{PREVIEW_PLAIN}/{ids[0]}", version=version)
    assert read == {
        "id": ids[0],
        "createdDateTime": read["createdDateTime"],
        "sessionExpired": False,
        "deviceCorrelationId": "device-1",
        "authTokenTimeToLiveInSeconds": 60,
        "status": "NotStarted",
    }
    assert service.ok("GET", f"{PREVIEW_PLAIN}/{ids[0]}/audit", version=version) == []
    unknown = f"{PREVIEW_PLAIN}/{uuid.uuid4()}/audit"
    assert error(service.call("GET", unknown, version=version)) == (404, "SessionNotFound")
    for query in ({"top": "0"}, {"top": "1001"}, {"start": "s" * 65}):
        for path in (PREVIEW_PLAIN, f"{PREVIEW_PLAIN}/{ids[0]}/audit"):
            refused = service.client.get(f"/face/{version}/{path}", params=query)
            assert error(refused) == (400, "BadArgument")
    for session in ids:
        deleted = service.call("DELETE", f"{PREVIEW_PLAIN}/{session}", version=version)
        assert (deleted.status_code, deleted.content) == (200, b"")


def test_each_family_of_routes_is_in_its_own_versions_only(service: RunningService) -> None:
    assert error(service.call("POST", PLAIN, DEVICE, version="v1.0")) == (404, "404")
    assert error(service.call("POST", PREVIEW_PLAIN, DEVICE, version="v1.0")) == (404, "404")
    assert error(service.call("POST", PLAIN, DEVICE, version="v1.2-preview.1")) == (404, "404")
    made = service.ok("POST", PLAIN, DEVICE)["sessionId"]
    for version in ("v1.2-preview.1", "v1.2"):
        preview = service.ok("GET", f"{PREVIEW_PLAIN}/{made}", version=version)
        assert preview["id"] == made, "all versions act on one set of data"


def test_no_session_image_is_ever_found(service: RunningService) -> None:
    for version, path in (("v1.2", "sessionImages"), ("v1.2-preview.1", "session/sessionImages")):
        found = service.call("GET", f"{path}/{uuid.uuid4()}", version=version)
        assert found.status_code == 404
        detected = service.call(
            "POST", "detect", {"sessionImageId": str(uuid.uuid4())}, version=version
        )
        assert detected.status_code == 404
    classic = service.call("POST", "detect", {"sessionImageId": "x"}, version="v1.0")
    assert error(classic) == (400, "BadArgument")


@pytest.mark.parametrize("session", ["nonsense", "0", str(uuid.UUID(int=0))])
def test_an_unknown_session_is_not_found(service: RunningService, session: str) -> None:
    assert error(service.call("GET", f"{PLAIN}/{session}")) == (404, "SessionNotFound")


def test_the_sdk_manages_sessions(service: RunningService) -> None:
    device = str(uuid.uuid4())
    mode = LivenessOperationMode.PASSIVE
    image = portrait("person_b_1").read_bytes()
    with FaceSessionClient(service.url, AzureKeyCredential(service.key)) as client:
        made = client.create_liveness_session(
            CreateLivenessSessionContent(
                liveness_operation_mode=mode,
                device_correlation_id=device,
                auth_token_time_to_live_in_seconds=100,
            )
        )
        read = client.get_liveness_session_result(made.session_id)
        assert (read.device_correlation_id, read.status) == (device, "NotStarted")
        assert read.result is None
        assert client.get_liveness_session_audit_entries(made.session_id) == []
        content = CreateLivenessWithVerifySessionContent(
            liveness_operation_mode=mode, device_correlation_id=device
        )
        verified = client.create_liveness_with_verify_session(content, verify_image=image)
        plain = client.create_liveness_with_verify_session(content, verify_image=None)
        listed = {one.id for one in client.get_liveness_with_verify_sessions()}
        assert {verified.session_id, plain.session_id} <= listed
        client.delete_liveness_session(made.session_id)
        for session in (verified, plain):
            client.delete_liveness_with_verify_session(session.session_id)
        with pytest.raises(ResourceNotFoundError) as caught:
            client.get_liveness_session_result(made.session_id)
    assert caught.value.error is not None
    assert caught.value.error.code == "SessionNotFound"
