"""Collections are exported in pages of JSON lines and imported again, under the same ids."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.end_to_end.lineament.conftest import Family
from tests.end_to_end.refusals import SEGMENTS, UNKNOWN_ID, refused
from tests.end_to_end.service import RunningService

Line = dict[str, Any]
CONTINUATION = "Lineament-Continuation"
NOTHING = {"collections": 0, "persons": 0, "faces": 0, "members": 0}


def pages(service: RunningService, collection: str, **query: str) -> Iterator[list[Line]]:
    """The lines of each page."""
    while True:
        answer = service.call_own("GET", "archive", collection=collection, **query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/x-ndjson"
        yield [json.loads(line) for line in answer.content.splitlines()]
        if CONTINUATION not in answer.headers:
            return
        query["start"] = answer.headers[CONTINUATION]


def exported(service: RunningService, collection: str, **query: str) -> list[Line]:
    """All lines of a collection."""
    return [line for page in pages(service, collection, **query) for line in page]


def post(service: RunningService, collection: str, content: bytes | list[Line]) -> httpx.Response:
    """The response to an import."""
    if isinstance(content, list):
        content = b"".join(json.dumps(line).encode() + b"\n" for line in content)
    return service.client.post(
        "/lineament/v1/archive",
        params={"collection": collection},
        content=content,
        headers={"Content-Type": "application/x-ndjson"},
    )


def imported(service: RunningService, collection: str, lines: list[Line]) -> dict[str, Any]:
    """The counts of an import, which must succeed."""
    answer = post(service, collection, lines)
    assert answer.status_code == 200, answer.text
    counts: dict[str, Any] = answer.json()
    return counts


def named(kind: str) -> str:
    """A collection that does not exist."""
    return f"{kind}/{uuid.uuid4().hex}"


def head(**members: Any) -> Line:
    """The line of a collection."""
    return {
        "type": "collection",
        "format": "lineament-archive",
        "formatVersion": 1,
        "collection": "largepersongroups/staff",
        "name": "staff",
        "recognitionModel": "recognition_04",
        **members,
    }


def person(person_id: str, **members: Any) -> Line:
    """The line of a person."""
    return {"type": "person", "personId": person_id, "name": "Ada", **members}


def face(**members: Any) -> Line:
    """The line of a face with a made-up embedding."""
    vector = np.zeros(128, "<f4")
    vector[0] = 1
    return {
        "type": "face",
        "persistedFaceId": str(uuid.uuid4()),
        "embeddingModel": "sface_2021dec",
        "embedding": base64.b64encode(vector.tobytes()).decode(),
        **members,
    }


@pytest.fixture
def group(service: RunningService) -> str:
    """An empty large person group."""
    path = named("largepersongroups")
    service.ok("PUT", path, {"name": "some", "recognitionModel": "recognition_04"})
    return path


@pytest.mark.parametrize("kind", ["persongroups", "largepersongroups"])
def test_a_group_moves_with_its_ids_and_identifies_after_a_training(
    service: RunningService, family: Family, faces: Path, kind: str
) -> None:
    lines = exported(service, family.path, embeddings="true")
    assert lines[0]["name"] == "Family1"
    target = named(kind)
    counts = imported(service, target, lines)
    faces_there = sum(line["type"] == "face" for line in lines)
    assert counts["created"] == {"collections": 1, "persons": 4, "faces": faces_there, "members": 0}
    persons = service.ok("GET", f"{target}/persons")
    assert persons == service.ok("GET", f"{family.path}/persons")
    assert {one["personId"]: one["userData"] for one in persons} == {
        family.persons[name]: f"{name} of Family1" for name in family.persons
    }
    assert service.train(target)["status"] == "succeeded"
    (probe,) = service.faces(
        (faces / "Family1-Dad1.jpg").read_bytes(), recognitionModel="recognition_04"
    )
    scope = "personGroupId" if kind == "persongroups" else "largePersonGroupId"
    body = {"faceIds": [probe], scope: target.partition("/")[2]}
    (found,) = service.ok("POST", "identify", body)
    assert found["candidates"][0]["personId"] == family.persons["Dad"]


def test_repeating_an_import_makes_nothing_twice(service: RunningService, family: Family) -> None:
    lines = exported(service, family.path, embeddings="true")
    target = named("largepersongroups")
    created = imported(service, target, lines)["created"]
    again = imported(service, target, lines[3:])
    assert again["created"] == NOTHING
    whole = imported(service, target, lines)
    assert whole["created"] == NOTHING
    assert whole["existing"] == created
    assert exported(service, target, embeddings="true")[1:] == lines[1:]


def test_faces_without_embeddings_are_skipped_and_persons_keep_their_ids(
    service: RunningService, family: Family
) -> None:
    lines = exported(service, family.path)
    assert not any({"embedding", "embeddingModel"} & set(line) for line in lines)
    target = named("largepersongroups")
    counts = imported(service, target, lines)
    assert counts["skipped"]["faces"] == sum(line["type"] == "face" for line in lines)
    assert counts["created"]["persons"] == 4
    persons = service.ok("GET", f"{target}/persons")
    assert {one["personId"] for one in persons} == set(family.persons.values())
    assert not any(one["persistedFaceIds"] for one in persons)


def test_a_group_of_several_pages_is_exported_whole(service: RunningService, group: str) -> None:
    ids = sorted(str(uuid.uuid4()) for _ in range(150))
    imported(service, group, [person(one, userData=f"is {one}") for one in ids])
    found = list(pages(service, group))
    assert [len(page) for page in found] == [1 + 100, 50]
    assert [line["personId"] for page in found for line in page if "personId" in line] == ids
    assert found[1][0]["userData"] == f"is {ids[100]}"


def test_a_page_may_hold_more_persons_than_the_store_writes_at_once(
    service: RunningService, group: str
) -> None:
    lines = [person(str(uuid.uuid4())) for _ in range(1_200)]
    assert imported(service, group, lines)["created"]["persons"] == 1_200
    assert imported(service, "persondirectory", lines)["created"]["persons"] == 1_200
    assert imported(service, group, lines)["existing"]["persons"] == 1_200


@pytest.mark.parametrize("kind", ["facelists", "largefacelists"])
def test_a_list_moves_with_the_ids_of_its_faces(service: RunningService, kind: str) -> None:
    first, second = named(kind), named(kind)
    lines = [head(name="visitors"), *(face(userData=f"{number}") for number in range(120))]
    assert imported(service, first, lines)["created"]["faces"] == 120
    assert imported(service, first, lines)["existing"]["faces"] == 120
    moved = exported(service, first, embeddings="true")
    assert imported(service, second, moved)["created"]["faces"] == 120
    assert exported(service, second, embeddings="true")[1:] == moved[1:]
    by_id = {line["persistedFaceId"]: line["userData"] for line in lines[1:]}
    assert {line["persistedFaceId"]: line["userData"] for line in moved[1:]} == by_id


def test_the_directory_and_a_dynamic_group_move_with_their_persons(
    service: RunningService,
) -> None:
    ids = [str(uuid.uuid4()) for _ in range(2)]
    model = {"recognitionModel": "recognition_03"}
    lines = [person(ids[0]), face(personId=ids[0], **model), person(ids[1])]
    counts = imported(service, "persondirectory", lines)
    assert counts["created"] == {"collections": 0, "persons": 2, "faces": 1, "members": 0}
    assert imported(service, "persondirectory", lines)["created"] == NOTHING
    whole = exported(service, "persondirectory", embeddings="true")
    assert whole[0]["collection"] == "persondirectory"
    place = [line.get("personId") for line in whole].index(ids[0])
    assert whole[place : place + 2] == lines[:2]

    group = named("dynamicpersongroups")
    members = [{"type": "member", "personId": one} for one in ids]
    top = head(name="night shift")
    del top["recognitionModel"]
    counts = imported(service, group, [top, *members])
    assert counts["created"] == {"collections": 1, "persons": 0, "faces": 0, "members": 2}
    assert imported(service, group, members)["existing"]["members"] == 2
    assert sorted(exported(service, group)[1:], key=str) == sorted(members, key=str)
    assert sorted(service.ok("GET", f"{group}/persons")["personIds"]) == sorted(ids)


def test_a_deleted_person_is_left_out_until_its_deletion_is_complete(
    service: RunningService, group: str
) -> None:
    ids = [str(uuid.uuid4()) for _ in range(2)]
    lines = [line for one in ids for line in (person(one), face(personId=one))]
    imported(service, group, lines)
    service.ok("DELETE", f"{group}/persons/{ids[0]}")
    deleted = lines[3]["persistedFaceId"]
    service.ok("DELETE", f"{group}/persons/{ids[1]}/persistedfaces/{deleted}")
    counts = imported(service, group, lines)
    assert counts["created"] == NOTHING
    assert counts["deleted"] == {"persons": 1, "faces": 2}
    assert counts["existing"]["persons"] == 1
    assert [one["personId"] for one in service.ok("GET", f"{group}/persons")] == [ids[1]]

    service.ok("POST", "persons", {"name": "of the directory"})
    imported(service, "persondirectory", [person(ids[0])])
    service.ok("DELETE", f"persons/{ids[0]}")
    counts = imported(service, "persondirectory", [person(ids[0])])
    assert counts["deleted"] == {"persons": 1, "faces": 0}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (b"{", "Line 1: JSON parsing error."),
        (b"\n\n", "Request body is invalid. It has no lines."),
        (b'{"type":"other"}', "Line 1: Request body is invalid."),
        (b'{"type":"person","name":"Ada"}', "(Parameter 'personId')"),
        ([person("x")], "Line 1: 'personId' is not a UUID."),
        ([person(UNKNOWN_ID, name="")], "Line 1: 'name' is empty."),
        ([person(UNKNOWN_ID, userData="x" * 16_385)], "Line 1: 'userData' is too long."),
        ([head(format="other")], "Line 1: 'format' must be lineament-archive."),
        ([head(formatVersion=2)], "Line 1: 'formatVersion' is 2;"),
        ([head(recognitionModel="arcface")], "Line 1: 'recognitionModel' is invalid."),
        ([head(), head()], "Line 2: the line of the collection must be the first one."),
        ([head(name=None)], "Line 1: 'name' is missing."),
        ([head(recognitionModel=None)], "Line 1: 'recognitionModel' is missing."),
        ([person(UNKNOWN_ID), face()], "Line 2: 'personId' is missing."),
        ([face(personId=UNKNOWN_ID)], f"Line 1: person {UNKNOWN_ID} is not in the collection"),
        ([face(personId=UNKNOWN_ID), person(UNKNOWN_ID)], "Line 1: person"),
        ([face(persistedFaceId="x")], "Line 1: 'persistedFaceId' is not a UUID."),
        ([face(userData="x" * 1_025)], "Line 1: 'userData' is too long."),
        ([face(embeddingModel=None)], "Line 1: 'embeddingModel' is missing."),
        ([face(embedding="?")], "Line 1: 'embedding' is not base64 of float32 numbers."),
        ([face(embedding="AAAA")], "Line 1: 'embedding' is not base64 of float32 numbers."),
        (
            [face(embedding="AAAAAA==")],
            "Line 1: the embedding has 1 numbers, those of sface_2021dec have",
        ),
        ([face(embedding="AAAA" * 170 + "AAA=")], "its length is not 1."),
        (
            [person(UNKNOWN_ID), face(personId=UNKNOWN_ID, embeddingModel="arcface-123")],
            "Line 2: the embedding is of the model arcface-123, this collection compares those of"
            " sface_2021dec. Export without embeddings and enrol the images again",
        ),
        ([face(recognitionModel="recognition_04")], "Line 1: faces outside the directory have no"),
        ([{"type": "member", "personId": UNKNOWN_ID}], "Line 1: dynamic person groups alone have"),
        (b"{}\n" * 10_001, "Send at most 10000 lines at once."),
        (b"x" * (20 * 1024 * 1024 + 1), "Request body is invalid. It is too long."),
    ],
    ids=lambda given: given[:40] if isinstance(given, str) else "lines",
)
def test_a_line_that_cannot_be_imported_is_refused_by_its_number_and_nothing_is_made(
    service: RunningService, group: str, lines: bytes | list[Line], message: str
) -> None:
    error = refused(post(service, group, lines), 400)
    assert error["code"] == "BadArgument"
    assert message in error["message"]
    assert service.ok("GET", f"{group}/persons") == []


Make = Callable[[], tuple[str, list[Line]]]


@pytest.mark.parametrize(
    ("kind", "lines", "message"),
    [
        ("facelists", [head(), person(UNKNOWN_ID)], "Line 2: a face list holds faces only."),
        ("largefacelists", [head(), face(personId=UNKNOWN_ID)], "Line 2: faces of lists have no"),
        (
            "dynamicpersongroups",
            [head(), {"type": "member", "personId": UNKNOWN_ID}],
            f"Line 2: person {UNKNOWN_ID} is not in the person directory; import persondirectory",
        ),
        ("dynamicpersongroups", [head(), person(UNKNOWN_ID)], "Line 2: a dynamic person group"),
        ("persondirectory", [person(UNKNOWN_ID), face(personId=UNKNOWN_ID)], "Line 2: 'recog"),
    ],
)
def test_a_line_of_another_kind_of_collection_is_refused(
    service: RunningService, kind: str, lines: list[Line], message: str
) -> None:
    collection = kind if kind == "persondirectory" else named(kind)
    error = refused(post(service, collection, lines), 400)
    assert error["code"] == "BadArgument"
    assert message in error["message"]


def test_a_collection_that_exists_with_another_model_is_refused(
    service: RunningService, group: str
) -> None:
    error = refused(post(service, group, [head(recognitionModel="recognition_03")]), 400)
    assert "exists with the model recognition_04, not recognition_03" in error["message"]


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_collection_that_does_not_exist_is_not_found(
    service: RunningService, segment: str, method: str
) -> None:
    if method == "GET":
        answer = service.call_own("GET", "archive", collection=f"{segment}/nowhere")
    else:
        answer = post(service, f"{segment}/nowhere", [person(UNKNOWN_ID)])
    assert refused(answer, 404)["code"] == f"{SEGMENTS[segment]}NotFound"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "'collection' is missing."),
        ({"collection": "elsewhere/a"}, "'collection' is invalid."),
        ({"collection": "persongroups/A?"}, "Person group ID is invalid."),
        ({"collection": "persondirectory", "embeddings": "some"}, "Invalid argument embeddings."),
        ({"collection": "persondirectory", "start": "x"}, "'start' is invalid."),
    ],
)
def test_an_invalid_question_is_refused(
    service: RunningService, query: dict[str, str], message: str
) -> None:
    error = refused(service.call_own("GET", "archive", **query), 400)
    assert error["code"] == "BadArgument"
    assert message in error["message"]


def test_a_form_is_refused(service: RunningService, group: str) -> None:
    answer = service.client.post(
        "/lineament/v1/archive", params={"collection": group}, files={"file": b"{}"}
    )
    assert "application/x-ndjson" in refused(answer, 415)["message"]
