"""A service whose collections Cosmos DB searches, over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.cosmos_server.server import CosmosServer
from tests.end_to_end.conftest import on_cosmos
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait


@pytest.fixture(scope="module")
def service(
    cosmos_server: CosmosServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    settings = {**on_cosmos(cosmos_server, "indexed"), "FACE_VECTOR_INDEX": "always"}
    with RunningService(tmp_path_factory.mktemp("indexed-service"), settings) as running:
        yield running


def indexed(server: CosmosServer) -> int:
    """The number of faces in the vector index."""
    with server.lock:
        return sum(
            len(container.documents)
            for name, container in server.account.databases["indexed"].items()
            if name.startswith("vectors-")
        )


def test_a_group_is_identified_and_leaves_nothing(
    service: RunningService, cosmos_server: CosmosServer
) -> None:
    group = uuid.uuid4().hex
    path = f"largepersongroups/{group}"
    service.ok("PUT", path, {"name": "indexed"})
    persons = {}
    for name in ("person_a", "person_b"):
        persons[name] = service.ok("POST", f"{path}/persons", {"name": name})["personId"]
        add = f"{path}/persons/{persons[name]}/persistedfaces"
        service.ok("POST", add, image=portrait(f"{name}_1").read_bytes())
    assert service.train(path)["status"] == "succeeded"
    assert indexed(cosmos_server) == 2

    (face,) = service.faces(portrait("person_a_2").read_bytes())
    body = {"faceIds": [face], "largePersonGroupId": group, "maxNumOfCandidatesReturned": 5}
    (found,) = service.ok("POST", "identify", body)
    assert [one["personId"] for one in found["candidates"]] == [persons["person_a"]]
    (every,) = service.ok("POST", "identify", {**body, "confidenceThreshold": 0})
    assert [one["personId"] for one in every["candidates"]] == list(persons.values())
    assert found["candidates"] == every["candidates"][:1]
    assert found["candidates"][0]["confidence"] >= 0.5

    service.ok("DELETE", f"{path}/persons/{persons['person_a']}")
    assert service.ok("POST", "identify", body)[0]["candidates"] == []

    service.ok("DELETE", path)
    eventually(lambda: None if indexed(cosmos_server) else True)


def test_a_large_face_list_is_searched(
    service: RunningService, cosmos_server: CosmosServer
) -> None:
    face_list = uuid.uuid4().hex
    path = f"largefacelists/{face_list}"
    service.ok("PUT", path, {"name": "indexed"})
    faces = [
        service.ok("POST", f"{path}/persistedfaces", image=portrait(name).read_bytes())
        for name in ("person_a_1", "person_b_1")
    ]
    assert service.train(path)["status"] == "succeeded"

    (face,) = service.faces(portrait("person_a_2").read_bytes())
    body = {"faceId": face, "largeFaceListId": face_list, "mode": "matchFace"}
    found = service.ok("POST", "findsimilars", body)
    expected = [one["persistedFaceId"] for one in faces]
    assert [one["persistedFaceId"] for one in found] == expected

    service.ok("DELETE", path)
    eventually(lambda: None if indexed(cosmos_server) else True)
