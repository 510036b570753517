"""Uploads over HTTP: stored, listed by status, read with their result, deleted."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.lineament.conftest import Family
from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait


def put(service: RunningService, name: str, image: bytes, **query: str) -> httpx.Response:
    """The answer to an upload."""
    return service.call_own("PUT", f"uploads/{name}", image=image, **query)


def finished(service: RunningService, name: str) -> dict[str, Any]:
    """An upload once its result is written."""

    def outcome() -> dict[str, Any] | None:
        upload: dict[str, Any] = service.own("GET", f"uploads/{name}")
        return None if upload["status"] == "pending" else upload

    return eventually(outcome)


def named() -> str:
    """A new name in a folder, with a character that a URL must quote."""
    return f"door one/{uuid.uuid4().hex}.jpg"


def test_an_upload_is_ingested_and_read_with_its_result(service: RunningService) -> None:
    name = named()
    answer = put(service, name, portrait("person_a_1").read_bytes())
    assert answer.status_code == 201
    assert answer.json()["name"] == name
    assert answer.json()["status"] == "pending"
    upload = finished(service, name)
    assert upload["status"] == "succeeded"
    assert upload["result"]["blob"] == name
    assert upload["result"]["etag"] == upload["etag"]
    (face,) = upload["result"]["faces"]
    again = service.faces(portrait("person_a_2").read_bytes())[0]
    verified = service.ok("POST", "verify", {"faceId1": face["faceId"], "faceId2": again})
    assert verified["isIdentical"] is True
    assert put(service, name, portrait("person_b_1").read_bytes()).status_code == 200


def test_the_same_image_again_under_its_name_keeps_its_result(service: RunningService) -> None:
    name, image = named(), portrait("person_a_1").read_bytes()
    assert put(service, name, image).status_code == 201
    first = finished(service, name)
    assert put(service, name, image).status_code == 200
    again = finished(service, name)
    assert again["etag"] != first["etag"]
    assert again["result"]["faces"] == first["result"]["faces"]
    listed = service.own("GET", "uploads?top=200")["uploads"]
    assert [one["status"] for one in listed if one["name"] == name] == ["succeeded"]


def test_names_and_the_threshold_are_those_that_the_upload_asks_for(
    service: RunningService, family: Family, faces: Path
) -> None:
    image = (faces / "Family1-Dad3.jpg").read_bytes()
    group = {"largePersonGroupId": family.path.partition("/")[2]}
    found = {}
    for label, query in {
        "plain": group,
        "named": {**group, "names": "true"},
        "strict": {**group, "names": "true", "confidenceThreshold": "1"},
    }.items():
        name = named()
        assert put(service, name, image, **query).status_code == 201
        (face,) = finished(service, name)["result"]["faces"]
        found[label] = face["candidates"]
    assert [set(one) for one in found["plain"]] == [{"personId", "confidence"}]
    assert [one["name"] for one in found["named"]] == ["Dad"]
    assert found["named"][0]["personId"] == family.persons["Dad"]
    assert found["strict"] == []


def test_uploads_are_listed_by_status_page_by_page(
    service: RunningService, faceless: bytes
) -> None:
    folder = uuid.uuid4().hex
    good = [f"{folder}/{number}.jpg" for number in range(3)]
    for name in good:
        put(service, name, portrait("person_a_1").read_bytes())
    bad = f"{folder}/bad.jpg"
    put(service, bad, b"no image" * 200)
    for name in (*good, bad):
        finished(service, name)

    def listed(**query: str) -> list[str]:
        names, query = [], {"top": "2", **query}
        while True:
            page = service.own("GET", "uploads", **query)
            assert len(page["uploads"]) <= 2
            names += [one["name"] for one in page["uploads"]]
            if "continuation" not in page:
                return [name for name in names if name.startswith(folder)]
            query["start"] = page["continuation"]

    assert listed() == [*good, bad]
    assert listed(status="succeeded") == good
    assert listed(status="rejected") == [bad]
    assert listed(status="pending") == []


def test_a_deleted_upload_is_gone_with_its_result(service: RunningService) -> None:
    name = named()
    put(service, name, portrait("person_a_1").read_bytes())
    finished(service, name)
    service.own("DELETE", f"uploads/{name}")
    for method in ("GET", "DELETE"):
        answer = service.call_own(method, f"uploads/{name}")
        assert refused(answer, 404)["code"] == "UploadNotFound"


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("x.jpg", {"names": "perhaps"}),
        ("x.jpg", {"confidenceThreshold": "1.5"}),
        ("x.jpg", {"confidenceThreshold": "nan"}),
        ("x.jpg", {"personGroupId": "UPPER"}),
        ("x.jpg", {"personGroupId": "a", "largePersonGroupId": "a"}),
        ("x.jpg", {"faceIdTimeToLive": "1"}),
        ("x.jpg", {"recognitionModel": "none"}),
        ("a.", {}),
        ("x" * 251, {}),
    ],
)
def test_an_upload_with_an_invalid_name_or_option_is_refused(
    service: RunningService, name: str, query: dict[str, str]
) -> None:
    answer = put(service, name, portrait("person_a_1").read_bytes(), **query)
    assert refused(answer, 400)["code"] == "BadArgument"


def test_an_upload_of_a_wrong_size_or_as_json_is_refused(service: RunningService) -> None:
    assert refused(put(service, "x.jpg", b"short"), 400)["code"] == "InvalidImageSize"
    answer = service.call_own("PUT", "uploads/x.jpg", {"url": "https://example.org/a.jpg"})
    assert refused(answer, 415)["code"] == "BadArgument"


@pytest.mark.parametrize("query", [{"status": "done"}, {"top": "0"}, {"top": "1001"}])
def test_a_list_with_an_invalid_parameter_is_refused(
    service: RunningService, query: dict[str, str]
) -> None:
    assert refused(service.call_own("GET", "uploads", **query), 400)["code"] == "BadArgument"
