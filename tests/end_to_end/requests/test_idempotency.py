"""A request that is sent again with its Idempotency-Key creates nothing twice, on both stores."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService
from tests.images import portrait

FACES = {
    "persongroups": "{collection}/persons/{person}/persistedfaces",
    "largepersongroups": "{collection}/persons/{person}/persistedfaces",
    "facelists": "{collection}/persistedfaces",
    "largefacelists": "{collection}/persistedfaces",
    "persons": "persons/{person}/recognitionModels/recognition_04/persistedfaces",
}
IMAGE = portrait("person_a_1").read_bytes()


@pytest.fixture(params=["service", "cosmos_service"])
def either(request: pytest.FixtureRequest) -> RunningService:
    """A service on SQLite, and one on Cosmos DB's protocol."""
    service: RunningService = request.getfixturevalue(request.param)
    return service


def post(
    service: RunningService, path: str, key: str, body: bytes | dict[str, str], **query: str
) -> httpx.Response:
    """Create something under a key."""
    headers = {"Idempotency-Key": key}
    if isinstance(body, bytes):
        headers["Content-Type"] = "application/octet-stream"
        return service.client.post(
            f"/face/v1.2/{path}", content=body, headers=headers, params=query
        )
    return service.client.post(f"/face/v1.2/{path}", json=body, headers=headers, params=query)


def group(service: RunningService, kind: str = "largepersongroups") -> str:
    """A new collection."""
    path = f"{kind}/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "some", "recognitionModel": "recognition_04"})
    return path


@pytest.mark.parametrize("kind", ["persongroups", "largepersongroups"])
def test_a_repeated_person_is_one_person(either: RunningService, kind: str) -> None:
    path = f"{group(either, kind)}/persons"
    key = uuid.uuid4().hex
    first = post(either, path, key, {"name": "Ada"})
    again = post(either, path, key, {"name": "Ada"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len(either.ok("GET", path)) == 1
    other = post(either, path, uuid.uuid4().hex, {"name": "Ada"})
    assert other.json() != first.json()
    assert len(either.ok("GET", path)) == 2


def test_a_repeated_person_of_the_directory_has_one_operation(either: RunningService) -> None:
    key = uuid.uuid4().hex
    first = post(either, "persons", key, {"name": "Ada"})
    again = post(either, "persons", key, {"name": "Ada"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    for header in ("operation-location", "location"):
        assert again.headers[header] == first.headers[header]


@pytest.mark.parametrize(
    ("store", "kind"),
    [*(("service", kind) for kind in FACES), ("cosmos_service", "largepersongroups")],
)
def test_faces_that_are_sent_side_by_side_are_one_face(
    request: pytest.FixtureRequest, store: str, kind: str
) -> None:
    either: RunningService = request.getfixturevalue(store)
    if kind == "persons":
        collection, person = "", either.ok("POST", "persons", {"name": "Ada"})["personId"]
    else:
        collection, person = group(either, kind), ""
        if "person" in FACES[kind]:
            person = either.ok("POST", f"{collection}/persons", {"name": "Ada"})["personId"]
    path = FACES[kind].format(collection=collection, person=person)
    key = uuid.uuid4().hex
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: post(either, path, key, IMAGE), range(3)))
    assert {one.status_code for one in answers} <= {200, 202}, [one.text for one in answers]
    (face_id,) = {one.json()["persistedFaceId"] for one in answers}
    if kind == "persons":
        shown = either.ok("GET", path)["persistedFaceIds"]
        either.ok("DELETE", f"persons/{person}")  # Other tests identify in the directory.
    elif "lists" in kind:
        listed = either.ok("GET", path if kind == "largefacelists" else collection)
        faces = listed if kind == "largefacelists" else listed["persistedFaces"]
        shown = [one["persistedFaceId"] for one in faces]
    else:
        shown = either.ok("GET", path.rsplit("/", 1)[0])["persistedFaceIds"]
    assert shown == [face_id]


def test_another_request_under_the_key_is_refused(either: RunningService) -> None:
    path = f"{group(either)}/persons"
    key = uuid.uuid4().hex
    post(either, path, key, {"name": "Ada"})
    for other in (
        post(either, path, key, {"name": "Bob"}),
        post(either, path, key, {"name": "Ada"}, more="1"),
        post(either, f"{group(either)}/persons", key, {"name": "Ada"}),
        post(either, "persons", key, {"name": "Ada"}),
    ):
        assert refused(other, 409)["code"] == "IdempotencyKeyReused"
    assert [one["name"] for one in either.ok("GET", path)] == ["Ada"]


def test_a_key_whose_request_was_refused_can_be_used_again(either: RunningService) -> None:
    path = f"{group(either)}/persons"
    key = uuid.uuid4().hex
    assert refused(post(either, path, key, {"name": ""}), 400)["code"] == "BadArgument"
    assert post(either, path, key, {"name": "Ada"}).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 129, "a\tb"])
def test_an_invalid_key_is_refused(service: RunningService, key: str) -> None:
    error = refused(post(service, f"{group(service)}/persons", key, {"name": "Ada"}), 400)
    assert error == {
        "code": "BadArgument",
        "message": "'Idempotency-Key' is invalid. Use 1 to 128 ASCII characters.",
    }


def test_operations_that_create_nothing_ignore_the_header(service: RunningService) -> None:
    for body in (IMAGE, portrait("person_b_1").read_bytes()):
        assert post(service, "detect", "one", body).status_code == 200
