"""Two hosts on one Cosmos DB account and one storage account, as when the service scales out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.cosmos_server.server import CosmosServer
from tests.end_to_end.conftest import on_cosmos
from tests.end_to_end.service import RunningService
from tests.images import portrait


@pytest.fixture(scope="module")
def one(cosmos_service: RunningService) -> RunningService:
    return cosmos_service


@pytest.fixture(scope="module")
def other(
    one: RunningService, cosmos_server: CosmosServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """A second host with its own data directory."""
    settings = {**on_cosmos(cosmos_server), "AzureWebJobsStorage": one.storage}
    with RunningService(tmp_path_factory.mktemp("other-host"), settings) as running:
        yield running


def test_what_one_host_writes_the_other_sees_at_once(
    one: RunningService, other: RunningService
) -> None:
    group = uuid.uuid4().hex
    path = f"largepersongroups/{group}"
    one.ok("PUT", path, {"name": "shared"})
    person = other.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
    image = portrait("person_a_1").read_bytes()
    face = one.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
    assert other.ok("GET", f"{path}/persons/{person}")["persistedFaceIds"] == [
        face["persistedFaceId"]
    ]
    assert one.train(path)["status"] == "succeeded"
    assert other.ok("GET", f"{path}/training")["status"] == "succeeded"

    detected = one.faces(portrait("person_a_2").read_bytes())
    body = {"faceIds": detected, "largePersonGroupId": group}
    (found,) = other.ok("POST", "identify", body)
    assert [candidate["personId"] for candidate in found["candidates"]] == [person]

    one.ok("DELETE", f"{path}/persons/{person}")
    assert other.ok("POST", "identify", body)[0]["candidates"] == []
    assert other.call("GET", f"{path}/persons/{person}").status_code == 404

    other.ok("DELETE", path)
    assert one.call("GET", path).status_code == 404
    gone = one.call("POST", "identify", body)
    assert gone.json()["error"]["code"] == "LargePersonGroupNotFound"


def test_a_training_on_one_host_is_what_the_other_searches_next(
    one: RunningService, other: RunningService
) -> None:
    group = uuid.uuid4().hex
    path = f"persongroups/{group}"
    one.ok("PUT", path, {"name": "grows"})
    probe = other.faces(portrait("person_b_2").read_bytes())
    body = {"faceIds": probe, "personGroupId": group}
    people = []
    for portrait_name in ("person_a_1", "person_b_1"):
        person = one.ok("POST", f"{path}/persons", {"name": portrait_name})["personId"]
        image = portrait(portrait_name).read_bytes()
        one.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
        people.append(person)
        assert one.train(path)["status"] == "succeeded"
        found = other.ok("POST", "identify", body)[0]["candidates"]
        named = [candidate["personId"] for candidate in found]
        assert named == ([] if portrait_name == "person_a_1" else [people[1]])


def test_a_face_that_one_host_detected_the_other_verifies(
    one: RunningService, other: RunningService
) -> None:
    here = one.faces(portrait("person_a_1").read_bytes())[0]
    there = other.faces(portrait("person_a_2").read_bytes())[0]
    for host in (one, other):
        assert host.ok("POST", "verify", {"faceId1": here, "faceId2": there})["isIdentical"]
