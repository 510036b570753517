"""Every operation that creates something does so once under an Idempotency-Key, on both stores."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import httpx
import pytest

from function_app import OPERATIONS
from shared.api.operations import Operation
from tests.end_to_end.service import RunningService
from tests.images import portrait
from tools.measure.routes import sample_path

CREATING = [one for one in OPERATIONS if one.creates]
NEEDS_UNKNOWNS = {"promote_unknown"}
"""Off by default; tests/end_to_end/lineament/test_unknowns.py sends it twice."""
CREATES_NOTHING_LASTING = {
    "detect": "the faceIds of each call expire",
    "recognize": "likewise, and only with remember=true",
    "create_liveness_session": "a session expires, and its token is for one caller",
    "create_liveness_with_verify_session": "likewise",
    "create_liveness_session_preview": "likewise",
    "create_liveness_with_verify_session_preview": "likewise",
    "persongroups_train": "a training under way is not started again",
    "largepersongroups_train": "likewise",
    "largefacelists_train": "likewise",
    "import_archive": "what exists is left as it is",
    "merge_unknowns": "a merged cluster is not found again",
    "replay_poison": "a delivered message is not found again",
    **dict.fromkeys(("verify", "identify", "find_similar", "group"), "reads"),
    **dict.fromkeys(("compare", "explain", "crop"), "reads"),
    **dict.fromkeys(("take_snapshot", "apply_snapshot"), "retired"),
}
IMAGE = portrait("person_a_1").read_bytes()
SEGMENTS = {
    "PersonGroup": "persongroups",
    "LargePersonGroup": "largepersongroups",
    "FaceList": "facelists",
    "LargeFaceList": "largefacelists",
}


def test_every_post_creates_under_a_key_or_says_why_it_need_not() -> None:
    posts = {one.name for one in OPERATIONS if one.method == "POST"}
    creating = {one.name for one in CREATING}
    assert creating | CREATES_NOTHING_LASTING.keys() == posts
    assert not creating & CREATES_NOTHING_LASTING.keys()


@pytest.fixture(params=["service", "cosmos_service"])
def either(request: pytest.FixtureRequest) -> RunningService:
    """A service on SQLite, and one on Cosmos DB's protocol."""
    service: RunningService = request.getfixturevalue(request.param)
    return service


def path_of(service: RunningService, operation: Operation) -> str:
    """A path of the operation in a new collection, with a new person."""
    values: dict[str, str] = {"version": "v1.2", "recognitionModel": "recognition_04"}
    persons = "persons"
    if operation.kind is not None:
        values[operation.kind.id_name] = uuid.uuid4().hex
        collection = f"{SEGMENTS[operation.kind.name]}/{values[operation.kind.id_name]}"
        body = {"name": "some", "recognitionModel": "recognition_04"}
        service.ok("PUT", collection, body)
        persons = f"{collection}/persons"
    path = operation.route
    if "{personId}" in path:
        values["personId"] = service.ok("POST", persons, {"name": "Ada"})["personId"]
    for name, value in values.items():
        path = path.replace("{" + name + "}", value)
    return sample_path(path)


def send(
    service: RunningService, path: str, operation: Operation, headers: Mapping[str, str]
) -> httpx.Response:
    if operation.takes_image:
        typed = {"Content-Type": "application/octet-stream", **headers}
        return service.client.post(path, content=IMAGE, headers=typed)
    return service.client.post(path, json={"name": "Ada"}, headers=headers)


@pytest.mark.parametrize(
    "operation",
    [one for one in CREATING if one.name not in NEEDS_UNKNOWNS],
    ids=lambda one: str(one.name),
)
def test_a_repeated_request_is_answered_as_the_first_and_creates_nothing(
    either: RunningService, operation: Operation
) -> None:
    path = path_of(either, operation)
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, again = (send(either, path, operation, key) for _ in range(2))
    assert first.is_success, first.text
    assert again.status_code == first.status_code
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = send(either, path, operation, {"Idempotency-Key": uuid.uuid4().hex})
    assert other.json() != first.json()
    changed = either.client.post(path, json={"name": "Bob", "url": "http://x"}, headers=key)
    assert (changed.status_code, changed.json()["error"]["code"]) == (409, "IdempotencyKeyReused")
    if operation.kind is None:  # Other tests identify in the directory.
        person = first.json().get("personId") or path.split("/")[4]
        either.ok("DELETE", f"persons/{person}")
