"""A collection's own rules of enrolment: set once, followed by every way in."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.ai.vision.face import FaceAdministrationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError

from tests.end_to_end.lineament.enrolment.test_quality_gate import blurred, dad, encoded, two_faces
from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService, eventually

KINDS = ("persongroups", "largepersongroups", "facelists", "largefacelists")
ABSENT = {
    "persongroups": "PersonGroupNotFound",
    "largepersongroups": "LargePersonGroupNotFound",
    "facelists": "FaceListNotFound",
    "largefacelists": "LargeFaceListNotFound",
}
GATE = {"minimumQuality": "high", "faces": "only"}


@pytest.fixture(params=KINDS)
def collection(service: RunningService, request: pytest.FixtureRequest) -> str:
    """A new collection of each kind."""
    return made(service, str(request.param))


@pytest.fixture
def group(service: RunningService) -> str:
    """A new person group."""
    return made(service, "persongroups")


def made(service: RunningService, kind: str) -> str:
    path = f"{kind}/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "g", "recognitionModel": "recognition_04"})
    return path


def faces_of(service: RunningService, collection: str) -> str:
    """The path that faces are added at."""
    if "facelists" in collection:
        return f"{collection}/persistedfaces"
    person = service.ok("POST", f"{collection}/persons", {"name": "Ada"})["personId"]
    return f"{collection}/persons/{person}/persistedfaces"


def put(service: RunningService, collection: str, gate: dict[str, Any]) -> httpx.Response:
    return service.call_own("PUT", "gate", gate, collection=collection)


def code(answer: httpx.Response) -> str:
    found: str = refused(answer, 400)["code"]
    return found


def test_a_gate_is_set_read_replaced_and_removed(service: RunningService, collection: str) -> None:
    def read() -> Any:
        return service.own("GET", "gate", collection=collection)

    nothing = {"collection": collection, "minimumQuality": None, "faces": None}
    assert read() == nothing
    answer = put(service, collection, GATE)
    assert (answer.status_code, answer.json()) == (200, {"collection": collection, **GATE})
    assert read() == {"collection": collection, **GATE}
    put(service, collection, {"faces": "largest"})
    assert read() == {**nothing, "faces": "largest"}
    for _ in range(2):
        answer = service.call_own("DELETE", "gate", collection=collection)
        assert (answer.status_code, answer.content) == (200, b"")
        assert read() == nothing


def test_azures_answers_about_the_collection_stay_as_they_are(
    service: RunningService, collection: str
) -> None:
    before = service.ok("GET", collection)
    assert put(service, collection, GATE).status_code == 200
    assert service.ok("GET", collection) == before
    service.ok("PATCH", collection, {"name": "renamed"})
    gate = service.own("GET", "gate", collection=collection)
    assert gate == {"collection": collection, **GATE}


def test_an_image_that_does_not_pass_the_gate_is_rejected(
    service: RunningService, collection: str, faces: Path
) -> None:
    path = faces_of(service, collection)
    service.ok("POST", path, image=blurred(faces))
    put(service, collection, GATE)
    assert code(service.call("POST", path, image=blurred(faces))) == "Blurred"
    error = refused(service.call("POST", path, image=two_faces(faces)), 400)
    assert error["code"] == "SeveralFaces"
    assert len(error["faceRectangles"]) == 2
    service.call_own("DELETE", "gate", collection=collection)
    assert refused(service.call("POST", path, image=two_faces(faces)), 400) == {
        "code": "InvalidImage",
        "message": "There is more than 1 face in the image.",
    }


def test_a_request_goes_before_the_gate(service: RunningService, group: str, faces: Path) -> None:
    path = faces_of(service, group)
    put(service, group, GATE)
    service.ok("POST", path, image=blurred(faces), minimumQuality="low")
    service.ok("POST", path, image=blurred(faces), minimumQuality="any")
    assert code(service.call("POST", path, image=blurred(faces), faces="largest")) == "Blurred"
    service.ok("POST", path, image=two_faces(faces), faces="largest", minimumQuality="any")


def test_minimum_quality_any_alone_leaves_azures_answer(
    service: RunningService, group: str, faces: Path
) -> None:
    path = faces_of(service, group)
    put(service, group, {"minimumQuality": "high"})
    answer = service.call("POST", path, image=two_faces(faces), minimumQuality="any")
    assert code(answer) == "InvalidImage"


def test_the_gate_compares_faces_with_the_persons_others(
    service: RunningService, group: str, faces: Path
) -> None:
    path = faces_of(service, group)
    put(service, group, {"minimumQuality": "low"})
    service.ok("POST", path, image=encoded(dad(faces)))
    other = (faces / "Family2-Lady1.jpg").read_bytes()
    error = refused(service.call("POST", path, image=other), 400)
    assert error["code"] == "UnlikeOthers"
    assert "minimumQuality=any" in error["message"]
    service.ok("POST", path, image=other, minimumQuality="any")


@pytest.mark.parametrize("kind", ["persongroups", "largefacelists"])
def test_uploads_pass_the_gate_of_their_collection(
    service: RunningService, faces: Path, kind: str
) -> None:
    collection = made(service, kind)
    put(service, collection, GATE)

    def result(name: str, **query: str) -> Any:
        upload = f"uploads/enroll/{collection}/Ada/{name}"
        answer = service.call_own("PUT", upload, image=blurred(faces), **query)
        assert answer.status_code == 201, answer.text

        def outcome() -> Any:
            found = service.own("GET", upload)
            return None if found["status"] == "pending" else found["result"]

        return eventually(outcome)

    assert result("1.png")["reason"]["code"] == "Blurred"
    assert result("2.png", minimumQuality="any")["status"] == "succeeded"


def test_microsofts_client_reports_a_rejection_by_code_and_message(
    service: RunningService, faces: Path
) -> None:
    group = made(service, "largepersongroups")
    put(service, group, GATE)
    credential = AzureKeyCredential(service.key)
    with FaceAdministrationClient(service.url, credential, api_version="v1.2") as client:
        groups = client.large_person_group
        group_id = group.removeprefix("largepersongroups/")
        person = groups.create_person(group_id, name="Ada").person_id
        with pytest.raises(HttpResponseError) as raised:
            groups.add_face(group_id, person, blurred(faces), detection_model="detection_03")
    assert raised.value.status_code == 400
    assert raised.value.error is not None
    assert raised.value.error.code == "Blurred"
    assert "Use a sharper image." in str(raised.value)


@pytest.mark.parametrize("kind", ["persongroups", "largefacelists"])
def test_an_archive_carries_the_gate_into_a_new_collection_only(
    service: RunningService, kind: str
) -> None:
    collection, copy = made(service, kind), f"{kind}/{uuid.uuid4().hex}"
    put(service, collection, GATE)

    def export() -> httpx.Response:
        return service.call_own("GET", "archive", collection=collection)

    def load() -> None:
        answer = service.call_own("POST", "archive", image=lines, collection=copy)
        assert answer.status_code == 200, answer.text

    lines = export().content
    assert json.loads(lines.splitlines()[0])["gate"] == GATE
    load()
    assert service.own("GET", "gate", collection=copy) == {"collection": copy, **GATE}
    put(service, copy, {"faces": "largest"})
    load()
    assert service.own("GET", "gate", collection=copy)["minimumQuality"] is None
    service.call_own("DELETE", "gate", collection=collection)
    assert "gate" not in json.loads(export().content.splitlines()[0])


def test_a_deleted_collection_takes_its_gate_along(service: RunningService) -> None:
    collection = made(service, "facelists")
    put(service, collection, GATE)
    service.ok("DELETE", collection)
    service.ok("PUT", collection, {"name": "again"})
    assert service.own("GET", "gate", collection=collection)["faces"] is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_gate_of_a_collection_that_does_not_exist_is_not_found(
    service: RunningService, kind: str, method: str
) -> None:
    body = GATE if method == "PUT" else None
    answer = service.call_own(method, "gate", body, collection=f"{kind}/missing")
    assert refused(answer, 404)["code"] == ABSENT[kind]


@pytest.mark.parametrize(
    ("collection", "body"),
    [
        (None, GATE),
        ("persondirectory", GATE),
        ("dynamicpersongroups/some", GATE),
        ("persongroups/UPPER", GATE),
        ("persongroups/some", {}),
        ("persongroups/some", {"minimumQuality": None, "faces": None}),
        ("persongroups/some", {"minimumQuality": "any"}),
        ("persongroups/some", {"minimumQuality": "best"}),
        ("persongroups/some", {"faces": "all"}),
        ("persongroups/some", {"faces": ["only"]}),
        ("persongroups/some", []),
    ],
)
def test_a_gate_that_cannot_be_is_refused(
    service: RunningService, collection: str | None, body: Any
) -> None:
    query = {} if collection is None else {"collection": collection}
    assert code(service.call_own("PUT", "gate", body, **query)) == "BadArgument"


def test_the_gate_of_the_directory_is_refused_with_what_to_use(service: RunningService) -> None:
    for method in ("GET", "DELETE"):
        error = refused(service.call_own(method, "gate", collection="persondirectory"), 400)
        assert "minimumQuality" in error["message"]


def test_an_archive_with_a_gate_that_cannot_be_is_refused_by_its_line(
    service: RunningService,
) -> None:
    line = {
        "type": "collection",
        "format": "lineament-archive",
        "formatVersion": 1,
        "collection": "persongroups/x",
        "name": "x",
        "recognitionModel": "recognition_04",
        "gate": {"faces": "all"},
    }
    answer = service.call_own(
        "POST", "archive", image=json.dumps(line).encode(), collection="persongroups/x"
    )
    error = refused(answer, 400)
    assert error["message"].startswith("Line 1: 'faces' is invalid.")
