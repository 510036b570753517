"""Unknown faces of uploads are in clusters: listed, read, merged and forgotten over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cosmos_server.server import CosmosServer
from tests.end_to_end.conftest import on_cosmos
from tests.end_to_end.refusals import UNKNOWN_ID, refused
from tests.end_to_end.service import RunningService, eventually

SETTINGS = {"FACE_UNKNOWN_RETENTION_DAYS": "7"}


@pytest.fixture(scope="module")
def service_with_unknowns(
    cosmos_server: CosmosServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """A service that keeps unknown faces, in a Cosmos DB account."""
    folder = tmp_path_factory.mktemp("unknowns")
    with RunningService(folder, on_cosmos(cosmos_server, "unknowns") | SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def group(service_with_unknowns: RunningService, faces: Path) -> str:
    """The id of a trained group with Dad of Family1."""
    service, group = service_with_unknowns, uuid.uuid4().hex
    path = f"largepersongroups/{group}"
    service.ok("PUT", path, {"name": "some", "recognitionModel": "recognition_04"})
    person = service.ok("POST", f"{path}/persons", {"name": "Dad"})["personId"]
    image = (faces / "Family1-Dad1.jpg").read_bytes()
    service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
    assert service.train(path)["status"] == "succeeded"
    return group


@pytest.fixture
def unknowns(
    service_with_unknowns: RunningService, group: str
) -> Iterator[tuple[RunningService, str]]:
    """That service without any clusters, and the id of the group."""
    yield service_with_unknowns, group
    for one in listed(service_with_unknowns):
        service_with_unknowns.own("DELETE", f"unknowns/{one['unknownId']}")


def listed(service: RunningService) -> list[dict[str, Any]]:
    """All clusters."""
    found: list[dict[str, Any]] = service.own("GET", "unknowns")["unknowns"]
    return found


def upload(service: RunningService, image: Path, **query: str) -> str:
    """Upload an image, wait for its result and return its name."""
    name = f"door/{uuid.uuid4().hex}.jpg"
    service.own("PUT", f"uploads/{name}", image=image.read_bytes(), **query)

    def outcome() -> bool | None:
        return service.own("GET", f"uploads/{name}")["status"] == "succeeded" or None

    eventually(outcome)
    return name


def promoted(service: RunningService, path: str, body: dict[str, str]) -> dict[str, Any]:
    """The answer to a promotion under a key of its own."""
    headers = {"Idempotency-Key": path}
    answer = service.client.post(f"/lineament/v1/{path}/promote", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_who_is_unknown_is_found_again_and_who_is_known_is_not_kept(
    unknowns: tuple[RunningService, str], faces: Path
) -> None:
    service, group = unknowns
    upload(service, faces / "Family1-Dad2.jpg", largePersonGroupId=group)
    upload(service, faces / "Family1-Mom2.jpg")
    names = [
        upload(service, faces / f"Family1-Mom{number}.jpg", largePersonGroupId=group)
        for number in (1, 2)
    ]
    upload(service, faces / "Family2-Man1.jpg", largePersonGroupId=group)
    first, second = listed(service)
    assert (first["count"], second["count"]) == (2, 1)
    assert set(first["uploads"]) == set(names)
    assert first["firstSeen"] <= first["lastSeen"]
    shown = service.own("GET", f"unknowns/{first['unknownId']}")
    sightings = shown.pop("sightings")
    assert shown == first
    assert {one["upload"] for one in sightings} == set(names)
    assert all(one["faceRectangle"]["width"] > 36 for one in sightings)
    page = service.own("GET", "unknowns", top="1")
    assert page["unknowns"] == [first]
    page = service.own("GET", "unknowns", top="1", start=page["continuation"])
    assert page == {"unknowns": [second]}

    path = f"unknowns/{first['unknownId']}"
    merged = service.own("POST", f"{path}/merge", {"unknownId": second["unknownId"]})
    assert (merged["unknownId"], merged["count"]) == (first["unknownId"], 3)
    service.own("DELETE", f"uploads/{names[0]}")
    (left,) = listed(service)
    assert left["count"] == 2 and names[0] not in left["uploads"]
    assert service.call_own("DELETE", path).status_code == 200
    assert listed(service) == []
    assert refused(service.call_own("GET", path), 404)["code"] == "UnknownNotFound"


@pytest.mark.parametrize("kind", ["largepersongroups", "persondirectory"])
def test_a_promoted_person_is_identified_and_once_deleted_does_not_come_back(
    unknowns: tuple[RunningService, str], faces: Path, kind: str
) -> None:
    service, group = unknowns
    names = [
        upload(service, faces / f"Family1-Mom{number}.jpg", largePersonGroupId=group)
        for number in (1, 2)
    ]
    (one,) = listed(service)
    path = f"unknowns/{one['unknownId']}"
    collection = f"{kind}/{group}" if kind == "largepersongroups" else kind
    body = {"collection": collection, "name": "Mom", "userData": "seen at the door"}
    made = promoted(service, path, body)
    assert promoted(service, path, body) == made
    person = f"{collection}/persons" if kind == "largepersongroups" else "persons"
    person += f"/{made['personId']}"
    shown = service.ok("GET", person)
    assert (shown["name"], shown["userData"]) == ("Mom", "seen at the door")
    assert len(made["persistedFaceIds"]) == 2
    assert listed(service) == []
    assert refused(service.call_own("GET", path), 404)["code"] == "UnknownNotFound"
    again = service.call_own("POST", f"{path}/promote", body)
    assert refused(again, 404)["code"] == "UnknownNotFound"

    if kind == "largepersongroups":
        assert set(shown["persistedFaceIds"]) == set(made["persistedFaceIds"])
        assert service.train(collection)["status"] == "succeeded"
    image = (faces / "Family1-Mom2.jpg").read_bytes()
    (face,) = service.own("POST", "recognize", image=image, collections=collection)["faces"]
    assert [one["personId"] for one in face["candidates"]] == [made["personId"]]
    service.ok("DELETE", person)
    (face,) = service.own("POST", "recognize", image=image, collections=collection)["faces"]
    assert face["candidates"] == []
    service.own("DELETE", f"uploads/{names[0]}")
    assert listed(service) == []


def test_a_cluster_can_be_promoted_to_a_person_that_exists(
    unknowns: tuple[RunningService, str], faces: Path
) -> None:
    service, group = unknowns
    persons = f"largepersongroups/{group}/persons"
    person = service.ok("POST", persons, {"name": "Mom"})["personId"]
    upload(service, faces / "Family1-Mom1.jpg", largePersonGroupId=group)
    (one,) = listed(service)
    promote = f"unknowns/{one['unknownId']}/promote"
    collection = f"largepersongroups/{group}"
    for body, status, code in (
        ({"collection": collection}, 400, "BadArgument"),
        ({"collection": collection, "name": "A", "personId": person}, 400, "BadArgument"),
        ({"collection": "facelists/a", "name": "A"}, 400, "BadArgument"),
        ({"collection": "persongroups/nowhere", "name": "A"}, 404, "PersonGroupNotFound"),
        ({"collection": collection, "personId": "x"}, 404, "PersonNotFound"),
        ({"collection": collection, "personId": UNKNOWN_ID}, 404, "PersonNotFound"),
    ):
        assert refused(service.call_own("POST", promote, body), status)["code"] == code
    made = service.own("POST", promote, {"collection": collection, "personId": person.upper()})
    assert made["personId"] == person
    assert service.ok("GET", f"{persons}/{person}")["persistedFaceIds"] == made["persistedFaceIds"]
    assert listed(service) == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "unknowns", None),
        ("GET", f"unknowns/{UNKNOWN_ID}", None),
        ("DELETE", f"unknowns/{UNKNOWN_ID}", None),
        ("POST", f"unknowns/{UNKNOWN_ID}/merge", {"unknownId": UNKNOWN_ID}),
        (
            "POST",
            f"unknowns/{UNKNOWN_ID}/promote",
            {"collection": "persondirectory", "name": "A"},
        ),
    ],
)
def test_a_service_that_keeps_none_says_what_to_set(
    service: RunningService, method: str, path: str, body: dict[str, str] | None
) -> None:
    error = refused(service.call_own(method, path, body), 403)
    assert error["code"] == "UnsupportedFeature"
    assert "FACE_UNKNOWN_RETENTION_DAYS" in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "unknowns?start=x", None, 400, "BadArgument"),
        ("GET", "unknowns?top=0", None, 400, "BadArgument"),
        ("GET", f"unknowns/{UNKNOWN_ID}", None, 404, "UnknownNotFound"),
        ("GET", "unknowns/x", None, 404, "UnknownNotFound"),
        ("DELETE", f"unknowns/{UNKNOWN_ID}", None, 404, "UnknownNotFound"),
        ("POST", f"unknowns/{UNKNOWN_ID}/merge", {}, 400, "BadArgument"),
        (
            "POST",
            f"unknowns/{UNKNOWN_ID}/merge",
            {"unknownId": UNKNOWN_ID},
            404,
            "UnknownNotFound",
        ),
    ],
)
def test_an_invalid_request_is_refused(
    service_with_unknowns: RunningService,
    method: str,
    path: str,
    body: dict[str, str] | None,
    status: int,
    code: str,
) -> None:
    path, _, query = path.partition("?")
    more = dict(part.split("=") for part in query.split("&") if part)
    answer = service_with_unknowns.call_own(method, path, body, **more)
    assert refused(answer, status)["code"] == code
