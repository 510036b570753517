"""Every invalid request gets the documented error as JSON."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import function_app
from shared.api.operations import Operation
from tests.end_to_end.refusals import SEGMENTS, UNKNOWN_ID, places, refused
from tests.end_to_end.service import RunningService
from tests.images import portrait

SOMEWHERE = {
    "personGroupId": "there",
    "largePersonGroupId": "there",
    "faceListId": "there",
    "largeFaceListId": "there",
    "dynamicPersonGroupId": "there",
    "recognitionModel": "recognition_04",
}

OPERATIONS = {operation.name: operation for operation in function_app.OPERATIONS}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def version_of(operation: Operation) -> str:
    """The newest version that has an operation."""
    return [version for version in operation.api.versions if operation.is_in(version)][-1]


def url_of(operation: Operation) -> str:
    """The path that calls an operation."""
    return f"/{operation.api.name}/{version_of(operation)}/{filled(operation)}"


def filled(operation: Operation, **ids: str) -> str:
    """An operation's path with ids in it."""
    path = operation.path
    for name, value in {**SOMEWHERE, **ids}.items():
        path = path.replace(f"{{{name}}}", value)
    while "{" in path:
        begin, end = path.index("{"), path.index("}")
        path = path[:begin] + UNKNOWN_ID + path[end + 1 :]
    return path


@pytest.fixture(scope="module", autouse=True)
def collections(service: RunningService) -> Iterator[None]:
    """One empty collection of each kind with the id ``there``."""
    with places(service):
        yield


@pytest.mark.parametrize("name", [n for n, one in OPERATIONS.items() if one.body is not None])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"no JSON", b"[]", b"7", b'"text"', b"\xff\xfe{}", b'{"name":1,"faceIds":1}'],
    ids=["empty", "cut", "text", "list", "number", "string", "bytes", "types"],
)
def test_a_body_that_is_no_such_json_is_refused(
    service: RunningService, name: str, content: bytes
) -> None:
    operation = OPERATIONS[name]
    answer = service.client.request(
        operation.method,
        url_of(operation),
        content=content,
        headers={"Content-Type": "application/json"},
    )
    error = refused(answer, 400, 403, 404, 410)
    if answer.status_code == 400:
        assert error["code"].startswith(("BadArgument", "Invalid", "Person", "Missing"))


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_wrong_key_is_refused_before_anything_else(service: RunningService, name: str) -> None:
    operation = OPERATIONS[name]
    answer = service.client.request(
        operation.method,
        url_of(operation),
        headers={"Ocp-Apim-Subscription-Key": "wrong"},
    )
    assert refused(answer, 401)["code"] == "401"


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_wrong_method_is_rejected_with_the_allowed_ones(
    service: RunningService, name: str
) -> None:
    url = url_of(OPERATIONS[name])
    allowed = {one.method for one in OPERATIONS.values() if url_of(one) == url}
    for method in sorted(set(METHODS) - allowed):
        answer = service.client.request(method, url)
        assert refused(answer, 405)["code"] == "405"


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize("bad", ["UPPER", "a b", "a.b", "ü", "x" * 65, "a$b"])
def test_a_malformed_collection_id_is_refused(
    service: RunningService, segment: str, bad: str
) -> None:
    kind = SEGMENTS[segment]
    created = refused(service.call("PUT", f"{segment}/{bad}", {"name": "n"}), 400)
    assert created["code"] == "BadArgument"
    assert created["message"].endswith("ID is invalid.")
    for method in ("GET", "DELETE", "PATCH"):
        error = refused(service.call(method, f"{segment}/{bad}", {"name": "n"}), 404)
        assert error["code"] == f"{kind}NotFound"


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": ""}, "'name' is empty."),
        ({"name": "x" * 129}, "'name' is too long."),
        ({"name": "n", "userData": "x" * 16_385}, "'userData' is too long."),
        ({}, "'name' is empty."),
    ],
)
def test_a_collection_that_is_refused_is_not_half_created(
    service: RunningService, segment: str, body: dict[str, str], message: str
) -> None:
    path = f"{segment}/{uuid.uuid4().hex}"
    error = refused(service.call("PUT", path, body), 400)
    assert (error["code"], error["message"]) == ("BadArgument", message)
    assert service.call("GET", path).status_code == 404


@pytest.mark.parametrize("segment", ["persongroups", "facelists", "largefacelists"])
def test_an_unknown_recognition_model_is_refused(service: RunningService, segment: str) -> None:
    path = f"{segment}/{uuid.uuid4().hex}"
    body = {"name": "n", "recognitionModel": "recognition_05"}
    error = refused(service.call("PUT", path, body), 400)
    assert error == {"code": "BadArgument", "message": "'recognitionModel' is invalid."}
    assert service.call("GET", path).status_code == 404


@pytest.mark.parametrize("segment", SEGMENTS)
def test_existing_and_missing_resources_have_their_error_codes(
    service: RunningService, segment: str
) -> None:
    kind = SEGMENTS[segment]
    taken = service.call("PUT", f"{segment}/there", {"name": "again"})
    assert refused(taken, 409)["code"] == f"{kind}Exists"
    assert service.ok("GET", f"{segment}/there")["name"] == "there"
    for method in ("GET", "DELETE", "PATCH"):
        missing = service.call(method, f"{segment}/nowhere", {"name": "n"})
        assert refused(missing, 404)["code"] == f"{kind}NotFound"
    nothing = refused(service.call("PATCH", f"{segment}/there", {}), 400)
    assert nothing["message"] == "Both 'name' and 'userData' are empty."


@pytest.mark.parametrize("segment", ["persongroups", "largepersongroups"])
@pytest.mark.parametrize("person", ["x", "a" * 36, UNKNOWN_ID.replace("-", "")])
def test_a_malformed_person_id_is_not_found(
    service: RunningService, segment: str, person: str
) -> None:
    error = refused(service.call("GET", f"{segment}/there/persons/{person}"), 404)
    assert error == {"code": "PersonNotFound", "message": "Person ID is invalid."}


@pytest.mark.parametrize("segment", ["facelists", "largefacelists"])
def test_a_malformed_or_unknown_face_is_not_found(service: RunningService, segment: str) -> None:
    path = f"{segment}/there/persistedfaces"
    malformed = refused(service.call("DELETE", f"{path}/x"), 404)
    assert malformed == {
        "code": "PersistedFaceNotFound",
        "message": "Persisted face ID is invalid.",
    }
    unknown = refused(service.call("DELETE", f"{path}/{UNKNOWN_ID}"), 404)
    assert unknown["code"] == "PersistedFaceNotFound"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"top": "0"}, "'top' is invalid."),
        ({"top": "1001"}, "'top' is invalid."),
        ({"top": "ten"}, "'top' is invalid."),
        ({"top": "-1"}, "'top' is invalid."),
        ({"start": "x" * 65}, "'start' is too long."),
    ],
)
@pytest.mark.parametrize(
    "path",
    ["persongroups", "largefacelists", "largefacelists/there/persistedfaces"],
)
def test_an_invalid_page_is_rejected(
    service: RunningService, path: str, query: dict[str, Any], message: str
) -> None:
    error = refused(service.call("GET", path, **query), 400)
    assert error == {"code": "BadArgument", "message": message}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"targetFace": "1,2,3"}, "Invalid argument targetFace."),
        ({"targetFace": "a,b,c,d"}, "Invalid argument targetFace."),
        ({"targetFace": "0,0,-5,5"}, "Invalid argument targetFace."),
        ({"targetFace": "0,0,0,0"}, "Invalid argument targetFace."),
        ({"targetFace": "0,0,99999,99999"}, "Argument targetFace out of range."),
        ({"detectionModel": "detection_09"}, "'detectionModel' is invalid."),
        ({"userData": "x" * 1_025}, "'userData' is too long."),
    ],
)
@pytest.mark.parametrize("segment", ["facelists", "largefacelists"])
def test_a_face_that_is_refused_is_not_half_added(
    service: RunningService, segment: str, query: dict[str, Any], message: str
) -> None:
    path = f"{segment}/there/persistedfaces"
    image = portrait("person_a_1").read_bytes()
    error = refused(service.call("POST", path, image=image, **query), 400)
    assert error == {"code": "BadArgument", "message": message}
    if segment == "facelists":
        assert service.ok("GET", "facelists/there")["persistedFaces"] == []
    else:
        assert service.ok("GET", path) == []


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"", "InvalidImageSize", "Image size is too small."),
        (b"x" * 1_023, "InvalidImageSize", "Image size is too small."),
        (b"x" * (6 * 1024 * 1024 + 1), "InvalidImageSize", "Image size is too big."),
        (b"x" * 2_000, "InvalidImage", "Decoding error, image format unsupported."),
    ],
    ids=["nothing", "small", "big", "no image"],
)
@pytest.mark.parametrize("path", ["detect", "facelists/there/persistedfaces"])
def test_bytes_that_are_not_an_image_are_rejected(
    service: RunningService, path: str, content: bytes, code: str, message: str
) -> None:
    error = refused(service.call("POST", path, image=content), 400)
    assert error == {"code": code, "message": message}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "no address"}, "InvalidURL"),
        ({"url": "ftp://example.test/a.jpg"}, "InvalidURL"),
        ({"url": "http://127.0.0.1:9/a.jpg"}, "InvalidURL"),
        ({"url": 7}, "BadArgument"),
        ({}, "BadArgument"),
    ],
)
def test_an_image_url_that_cannot_be_used_is_refused(
    service: RunningService, body: dict[str, Any], code: str
) -> None:
    assert refused(service.call("POST", "detect", body), 400)["code"] == code


def test_unknown_members_and_parameters_are_ignored(service: RunningService) -> None:
    path = f"persongroups/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "n", "unknown": {"deep": [1]}}, sendResults="true")
    assert service.ok("GET", path, other="1")["name"] == "n"


@pytest.mark.parametrize("path", ["nowhere", "facelists/there/nowhere", "persongroups/a/b/c/d/e"])
def test_an_unknown_path_is_not_found(service: RunningService, path: str) -> None:
    assert refused(service.call("GET", path), 404)["code"] == "404"


def test_an_unknown_version_is_not_found(service: RunningService) -> None:
    assert refused(service.call("GET", "persongroups", version="v9"), 404)["code"] == "404"
