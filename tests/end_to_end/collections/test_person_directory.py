"""The person directory over HTTP with real portraits: enrol, identify without training, delete."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.api.versions import SNAPSHOTS, VERSIONS
from tests.end_to_end.service import RunningService
from tests.images import portrait

MODEL = "recognition_04"


@pytest.fixture(scope="module")
def people(service: RunningService) -> Iterator[dict[str, str]]:
    """Two enrolled persons."""
    enrolled = {"A": enrol(service, "person_a_1"), "B": enrol(service, "person_b_1")}
    yield enrolled
    for person_id in enrolled.values():
        service.ok("DELETE", f"persons/{person_id}")


def enrol(service: RunningService, *portrait_names: str, model: str = MODEL) -> str:
    """Create a directory person with these portraits."""
    person: str = service.ok("POST", "persons", {"name": "person"})["personId"]
    for portrait_name in portrait_names:
        service.ok("POST", faces(person, model), image=portrait(portrait_name).read_bytes())
    return person


def faces(person_id: str, model: str = MODEL) -> str:
    """The path of a person's faces."""
    return f"persons/{person_id}/recognitionModels/{model}/persistedfaces"


def new_group(service: RunningService, *person_ids: str) -> str:
    """Create a dynamic group with these persons and return its id."""
    group = uuid.uuid4().hex
    body = {"name": "group", "addPersonIds": list(person_ids)}
    assert service.call("PUT", f"dynamicpersongroups/{group}", body).status_code == 202
    return group


def probe(service: RunningService, portrait_name: str, model: str = MODEL) -> str:
    """The faceId of a portrait."""
    image = portrait(portrait_name).read_bytes()
    return service.faces(image, recognitionModel=model)[0]


def candidates(service: RunningService, portrait_name: str, **scope: Any) -> list[str]:
    """The personIds of identify's candidates."""
    body = {"faceIds": [probe(service, portrait_name)], **scope}
    (entry,) = service.ok("POST", "identify", body)
    return [candidate["personId"] for candidate in entry["candidates"]]


def error(response: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of an error."""
    error = response.json()["error"]
    return response.status_code, error["code"], error["message"]


def test_a_group_identifies_without_training_and_strangers_stay_unknown(
    service: RunningService, people: dict[str, str]
) -> None:
    group = new_group(service, *people.values())
    for scope in (
        {"dynamicPersonGroupId": group},
        {"personIds": list(people.values())},
        {"personIds": ["*"]},
    ):
        assert candidates(service, "person_a_2", **scope) == [people["A"]]
        assert candidates(service, "person_b_2", **scope) == [people["B"]]
        assert candidates(service, "impostor_1", **scope) == []


def test_who_is_removed_from_a_group_is_no_candidate_in_it(
    service: RunningService, people: dict[str, str]
) -> None:
    group = new_group(service, *people.values())
    changes = {"removePersonIds": [people["A"]]}
    assert service.call("PATCH", f"dynamicpersongroups/{group}", changes).status_code == 202
    assert candidates(service, "person_a_2", dynamicPersonGroupId=group) == []
    assert candidates(service, "person_a_2", personIds=["*"]) == [people["A"]]
    listed = service.ok("GET", f"dynamicpersongroups/{group}/persons")
    assert listed == {"personIds": [people["B"]]}
    references = service.ok("GET", f"persons/{people['A']}/dynamicPersonGroupReferences")
    assert group not in references["dynamicPersonGroupIds"]


def test_a_deleted_person_is_in_no_answer(service: RunningService) -> None:
    person = enrol(service, "impostor_2")
    group = new_group(service, person)
    assert candidates(service, "impostor_2", dynamicPersonGroupId=group) == [person]
    assert service.call("DELETE", f"persons/{person}").status_code == 202
    assert candidates(service, "impostor_2", dynamicPersonGroupId=group) == []
    assert candidates(service, "impostor_2", personIds=["*"]) == []
    assert service.ok("GET", f"dynamicpersongroups/{group}/persons") == {"personIds": []}
    missing = (404, "PersonNotFound", f"Person {person} is not found.")
    assert error(service.call("GET", f"persons/{person}")) == missing
    assert error(service.call("GET", faces(person))) == missing
    body = {"faceIds": [probe(service, "impostor_2")], "personIds": [person]}
    assert error(service.call("POST", "identify", body))[:2] == (400, "PersonNotFound")


def test_a_deleted_group_leaves_its_persons(
    service: RunningService, people: dict[str, str]
) -> None:
    group = new_group(service, people["A"])
    assert service.call("DELETE", f"dynamicpersongroups/{group}").status_code == 202
    gone = (404, "DynamicPersonGroupNotFound", "Dynamic person group was not found.")
    assert error(service.call("GET", f"dynamicpersongroups/{group}")) == gone
    body = {"faceIds": [probe(service, "person_a_2")], "dynamicPersonGroupId": group}
    assert error(service.call("POST", "identify", body)) == (400, *gone[1:])
    assert candidates(service, "person_a_2", personIds=[people["A"]]) == [people["A"]]


def test_a_face_verifies_against_a_person_for_the_query_s_model(
    service: RunningService, people: dict[str, str]
) -> None:
    def verify(portrait_name: str, model: str = MODEL) -> httpx.Response:
        body = {"faceId": probe(service, portrait_name, model), "personId": people["A"]}
        return service.call("POST", "verify", body)

    assert verify("person_a_2").json()["isIdentical"] is True
    assert verify("impostor_1").json()["isIdentical"] is False
    assert error(verify("person_a_2", "recognition_03"))[:2] == (404, "PersistedFaceNotFound")
    assert error(verify("person_a_2", "recognition_01")) == (
        400,
        "BadArgument",
        "'recognitionModel' is incompatible.",
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_operations_are_real_and_absolute_in_every_version(
    service: RunningService, version: str
) -> None:
    base = f"{service.url.rstrip('/')}/face/{version}"

    def accepted(method: str, path: str, json: Any = None, **more: Any) -> dict[str, Any]:
        """The status of the operation of an accepted call."""
        response = service.call(method, path, json, version=version, **more)
        assert response.status_code == 202, response.text
        where = response.headers["operation-location"]
        assert where.startswith(f"{base}/operations/")
        assert response.headers["retry-after"] == "1"
        if method == "POST":
            location = response.headers["location"]
            assert location.startswith(f"{base}/persons/")
            assert service.client.get(location).status_code == 200
        error: dict[str, Any] = service.client.get(where).raise_for_status().json()
        assert error["operationId"] == where.rsplit("/", 1)[1]
        assert error["status"] == "succeeded"
        assert error["createdTime"] <= error["finishedTime"]
        if "resourceLocation" in error:
            assert service.client.get(error["resourceLocation"]).status_code == 200
        else:
            assert method == "DELETE"
        return {**error, "answer": response.json() if response.content else None}

    person = accepted("POST", "persons", {"name": "person", "userData": "data"})["answer"]
    person_id = person["personId"]
    image = portrait("person_a_1").read_bytes()
    face = accepted("POST", faces(person_id), image=image, userData="portrait")["answer"]
    face_id = face["persistedFaceId"]
    group = f"dynamicpersongroups/{uuid.uuid4().hex}"
    made = accepted("PUT", group, {"name": "group", "addPersonIds": [person_id]})
    assert made["resourceLocation"] == f"{base}/{group}"
    accepted("PATCH", group, {"removePersonIds": [person_id]})
    accepted("DELETE", group)
    accepted("DELETE", f"{faces(person_id)}/{face_id}")
    accepted("DELETE", f"persons/{person_id}")


def test_persons_faces_and_groups_are_read_and_changed(service: RunningService) -> None:
    person = service.ok("POST", "persons", {"name": "before", "userData": "old"})["personId"]
    assert service.call("PATCH", f"persons/{person}", {"name": "after"}).status_code == 200
    whole = {"personId": person, "name": "after", "userData": "old"}
    assert service.ok("GET", f"persons/{person}") == whole
    assert whole in service.ok("GET", "persons")
    image = portrait("person_a_1").read_bytes()
    face = service.ok("POST", faces(person), image=image, userData="one")["persistedFaceId"]
    assert service.ok("GET", faces(person)) == {"personId": person, "persistedFaceIds": [face]}
    other_model = {"personId": person, "persistedFaceIds": []}
    assert service.ok("GET", faces(person, "recognition_02")) == other_model
    path = f"{faces(person)}/{face}"
    assert service.ok("GET", path) == {"persistedFaceId": face, "userData": "one"}
    assert service.call("PATCH", path, {"userData": "two"}).status_code == 200
    assert service.ok("GET", path) == {"persistedFaceId": face, "userData": "two"}
    group = f"dynamicpersongroups/{uuid.uuid4().hex}"
    created = service.call("PUT", group, {"name": "group", "userData": "data"})
    assert (created.status_code, created.content) == (200, b"")
    assert "operation-location" not in created.headers
    assert service.call("PATCH", group, {"name": "renamed"}).status_code == 200
    read = service.ok("GET", group)
    assert read == {
        "dynamicPersonGroupId": group.partition("/")[2],
        "name": "renamed",
        "userData": "data",
    }
    assert read in service.ok("GET", "dynamicpersongroups")
    again = error(service.call("PUT", group, {"name": "again"}))
    assert again == (409, "DynamicPersonGroupExists", "Dynamic person group already exists.")
    service.ok("DELETE", f"persons/{person}")
    service.ok("DELETE", group)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "message"),
    [
        ("GET", "persons?start=me", None, 400, "BadArgument", "'start' is not valid person ID."),
        ("GET", "persons/me", None, 404, "PersonNotFound", "Person ID is invalid."),
        ("POST", "persons", {"name": " "}, 400, "BadArgument", "'name' is empty."),
        (
            "GET",
            faces("00000000-0000-0000-0000-000000000000", "recognition_01"),
            None,
            400,
            "BadArgument",
            "Recognition model is not supported for this feature.",
        ),
        (
            "PUT",
            "dynamicpersongroups/UPPER",
            {"name": "a"},
            400,
            "BadArgument",
            "Dynamic person group ID is invalid.",
        ),
        (
            "PUT",
            "dynamicpersongroups/a",
            {"name": "a", "addPersonIds": []},
            400,
            "BadArgument",
            "Request body is invalid. (Parameter 'addPersonIds')",
        ),
        (
            "PUT",
            "dynamicpersongroups/a",
            {"name": "a", "addPersonIds": ["me"]},
            400,
            "BadArgument",
            "Person ID is invalid.",
        ),
        (
            "PUT",
            "dynamicpersongroups/a",
            {"name": "a", "addPersonIds": ["00000000-0000-0000-0000-000000000000"]},
            404,
            "PersonNotFound",
            "Person 00000000-0000-0000-0000-000000000000 is not found.",
        ),
        ("GET", "operations/one", None, 404, "OperationNotFound", "Operation is not found."),
        (
            "GET",
            "operations/00000000-0000-0000-0000-000000000000",
            None,
            404,
            "OperationNotFound",
            "Operation is not found.",
        ),
    ],
)
def test_malformed_and_unknown_values_are_rejected(
    service: RunningService,
    method: str,
    path: str,
    body: Any,
    status: int,
    code: str,
    message: str,
) -> None:
    path, _, query = path.partition("?")
    parameters: dict[str, Any] = dict([query.split("=")]) if query else {}
    response = service.call(method, path, body, **parameters)
    assert error(response) == (status, code, message)
    assert service.call("GET", "dynamicpersongroups/a").status_code == 404


@pytest.mark.parametrize("version", VERSIONS)
def test_identify_takes_exactly_one_scope(service: RunningService, version: str) -> None:
    face_ids = [probe(service, "person_a_1")]

    def code(**scope: Any) -> str:
        body = {"faceIds": face_ids, **scope}
        response = service.call("POST", "identify", body, version=version)
        assert response.status_code == 400
        error: str = response.json()["error"]["code"]
        return error

    assert code() == VERSIONS[version].no_scope
    several = code(dynamicPersonGroupId="a", personIds=["*"])
    assert several == VERSIONS[version].several_scopes
    assert code(personIds=[]) == "BadArgument"
    assert code(personIds=["*", "*"]) == "BadArgument"
    assert code(personIds=[str(uuid.uuid4()) for _ in range(31)]) == "BadArgument"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "snapshots"), ("GET", "snapshots"), ("POST", f"snapshots/{uuid.UUID(int=0)}/apply")],
)
def test_snapshots_are_retired_where_they_once_were(
    service: RunningService, version: str, method: str, path: str
) -> None:
    status, code, message = error(service.call(method, path, version=version))
    if version in SNAPSHOTS:
        assert (status, code) == (410, "410")
        assert "export" in message
    else:
        assert (status, code) == (404, "404")
