"""A request to the archive that cannot be carried out is refused, and nothing is made."""

from __future__ import annotations

import pytest

from tests.end_to_end.lineament.archive.lines import Line, face, head, named, person, post
from tests.end_to_end.refusals import SEGMENTS, UNKNOWN_ID, refused
from tests.end_to_end.service import RunningService


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
        (
            [head(recognitionModel="arcface")],
            "Line 1: 'recognitionModel' is invalid. Use recognition_01, recognition_02,"
            " recognition_03 or recognition_04; FACE_MODEL_NAME adds a model of your own.",
        ),
        ([head(), head()], "Line 2: the line of the collection must be the first one."),
        ([head(name=None)], "Line 1: 'name' is missing."),
        ([head(recognitionModel=None)], "Line 1: 'recognitionModel' is missing."),
        ([person(UNKNOWN_ID), face()], "Line 2: 'personId' is missing."),
        ([face(personId=UNKNOWN_ID)], f"Line 1: person {UNKNOWN_ID} is not in the collection"),
        ([face(personId=UNKNOWN_ID), person(UNKNOWN_ID)], "Line 1: person"),
        ([face(persistedFaceId="x")], "Line 1: 'persistedFaceId' is not a UUID."),
        ([face(userData="x" * 1_025)], "Line 1: 'userData' is too long."),
        ([face(embeddingModel=None)], "Line 1: 'embeddingModel' is missing."),
        (
            [face(embeddingLength=0)],
            "is invalid. (Parameter 'embeddingLength')",
        ),
        ([face(embeddingLength=2e6)], "(Parameter 'embeddingLength')"),
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
        (
            [person(UNKNOWN_ID), face(personId=UNKNOWN_ID, embeddingModel="x" * 100_000)],
            f"Line 2: the embedding is of the model {'x' * 100}…, this collection compares those",
        ),
        (
            [head(formatVersion=int("9" * 4_000))],
            f"Line 1: 'formatVersion' is {'9' * 100}…; this version of the service reads 1.",
        ),
        ([face(recognitionModel="recognition_04")], "Line 1: faces outside the directory have no"),
        ([{"type": "member", "personId": UNKNOWN_ID}], "Line 1: dynamic person groups alone have"),
        (b"{}\n" * 10_001, "Send at most 10000 lines at once."),
        (b"x" * (20 * 1024 * 1024 + 1), "Request body is invalid. It is too long."),
    ],
    ids=lambda given: given[:40] if isinstance(given, str) else "lines",
)
def test_a_line_that_cannot_be_imported_is_refused_by_its_number_and_nothing_is_made(
    service: RunningService, empty_group: str, lines: bytes | list[Line], message: str
) -> None:
    error = refused(post(service, empty_group, lines), 400)
    assert error["code"] == "BadArgument"
    assert message in error["message"]
    assert service.ok("GET", f"{empty_group}/persons") == []


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
    service: RunningService, empty_group: str
) -> None:
    error = refused(post(service, empty_group, [head(recognitionModel="recognition_03")]), 400)
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


def test_a_form_is_refused(service: RunningService, empty_group: str) -> None:
    answer = service.client.post(
        "/lineament/v1/archive", params={"collection": empty_group}, files={"file": b"{}"}
    )
    assert "application/x-ndjson" in refused(answer, 415)["message"]
