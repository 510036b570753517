"""Explain: what is found, what is left out and by which rule, how candidates are judged."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from tests.end_to_end.lineament.conftest import Family
from tests.end_to_end.refusals import UNKNOWN_ID, refused
from tests.end_to_end.service import RunningService
from tests.images import portrait


def explained(service: RunningService, image: bytes, **query: str) -> dict[str, Any]:
    """The explanation of an image."""
    answer: dict[str, Any] = service.own("POST", "explain", image=image, **query)
    return answer


def png(image: PIL.Image.Image) -> bytes:
    """The bytes of an image."""
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def test_the_reported_faces_are_those_of_detect_with_scores_and_attributes(
    service: RunningService, faces: Path
) -> None:
    image = (faces / "identification1.jpg").read_bytes()
    answer = explained(service, image)
    query = {"returnFaceId": "false", "detectionModel": "detection_03"}
    detected = service.ok("POST", "detect", image=image, **query)
    assert [one["faceRectangle"] for one in answer["faces"]] == [
        one["faceRectangle"] for one in detected
    ]
    with PIL.Image.open(io.BytesIO(image)) as opened:
        assert (answer["image"]["width"], answer["image"]["height"]) == opened.size
    for face in answer["faces"]:
        assert face["detectorScore"] >= answer["image"]["leastScore"] == 0.6
        assert face["size"] >= answer["image"]["smallestFace"] == 36
        attributes = face["faceAttributes"]
        assert set(attributes) == {
            "blur",
            "exposure",
            "headPose",
            "noise",
            "qualityForRecognition",
        }
        assert face["candidates"] == []


def test_a_face_that_is_too_small_is_listed_with_the_rule(service: RunningService) -> None:
    canvas = PIL.Image.new("RGB", (640, 480), (90, 110, 90))
    with PIL.Image.open(portrait("person_a_1")) as opened:
        scale = 40 / max(opened.size)
        small = opened.convert("RGB").resize([round(side * scale) for side in opened.size])
    canvas.paste(small, (300, 200))
    answer = explained(service, png(canvas))
    assert answer["faces"] == []
    (face,) = (one for one in answer["rejected"] if one["rule"] == "size")
    assert face["size"] < 36
    assert face["sentence"] == f"{face['size']} px, the smallest reported face is 36."


def test_the_nearest_persons_are_judged_as_identify_judges_them(
    service: RunningService, family: Family, faces: Path
) -> None:
    image = (faces / "Family1-Dad3.jpg").read_bytes()
    (face,) = explained(service, image, collections=family.path)["faces"]
    best, *others = face["candidates"]
    (recognized,) = service.own("POST", "recognize", image=image, collections=family.path)["faces"]
    assert best["confidence"] == recognized["candidates"][0]["confidence"]
    assert (best["name"], best["accepted"], best["rule"]) == ("Dad", True, "accepted")
    assert (best["threshold"], best["thresholdFrom"]) == (0.5, "default")
    assert 0.388 < best["cosine"] <= 1
    assert best["normalizedScore"] is None or best["normalizedScore"] < best["cosine"]
    assert others
    assert {one["accepted"] for one in others} == {False}
    assert {one["rule"] for one in others} <= {"threshold", "cosine"}
    assert all(one["sentence"] for one in face["candidates"])


def test_a_threshold_of_the_request_is_named_as_such(
    service: RunningService, family: Family, faces: Path
) -> None:
    image = (faces / "Family1-Dad2.jpg").read_bytes()
    query = {"collections": family.path, "maxNumOfCandidatesReturned": "1"}
    (face,) = explained(service, image, **query, confidenceThreshold="0")["faces"]
    (candidate,) = face["candidates"]
    assert (candidate["threshold"], candidate["thresholdFrom"]) == (0.0, "request")
    assert candidate["accepted"] is True


def source(content: bytes) -> dict[str, str]:
    """An image as a member of a body."""
    return {"image": base64.b64encode(content).decode()}


def test_a_pair_is_explained_as_compare_answers_it(service: RunningService) -> None:
    one, same = (source(portrait(name).read_bytes()) for name in ("person_a_1", "person_a_2"))
    compared = service.own("POST", "compare", {"probe": one, "against": [same]})
    answer = service.own("POST", "explain", {**one, "other": same})
    assert len(answer["faces"]) == 1
    (pair,) = answer["pairs"]
    assert pair == {
        **compared["pairs"][0],
        "normalizedScore": None,
        "threshold": 0.5,
        "thresholdFrom": "default",
        "sentence": f"The confidence is {pair['confidence']:.2f}, which reaches the threshold of"
        " 0.50.",
    }
    assert pair["isIdentical"] is True


def test_a_pair_below_the_threshold_of_the_request_says_so(service: RunningService) -> None:
    image = portrait("person_a_1").read_bytes()
    face = service.faces(portrait("person_b_1").read_bytes(), recognitionModel="recognition_04")[0]
    body = {**source(image), "other": {"faceId": face}}
    (pair,) = service.own("POST", "explain", body, confidenceThreshold="0.8")["pairs"]
    assert (pair["isIdentical"], pair["threshold"], pair["thresholdFrom"]) == (
        False,
        0.8,
        "request",
    )
    assert "is below the threshold of 0.80" in pair["sentence"]
    assert pair["against"] == {"index": 0, "faceId": face}


def test_only_another_image_has_pairs(
    service: RunningService, family: Family, faces: Path, faceless: bytes
) -> None:
    image = source((faces / "Family1-Dad3.jpg").read_bytes())
    alone = service.own("POST", "explain", image, collections=family.path)
    assert "pairs" not in alone
    assert alone["faces"][0]["candidates"][0]["name"] == "Dad"
    assert service.own("POST", "explain", {**image, "other": source(faceless)})["pairs"] == []


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({}, 400, "BadArgument", "exactly one of image and url"),
        ({"url": "http://127.0.0.1/a", "image": "AAAA"}, 400, "BadArgument", "exactly one"),
        ({"image": "AAAA"}, 400, "InvalidImageSize", "too small"),
        ({"other": {}}, 400, "BadArgument", "other: send exactly one"),
        ({"other": {"faceId": "x"}}, 400, "BadArgument", "other: Face ID"),
        ({"other": {"faceId": UNKNOWN_ID}}, 404, "FaceNotFound", "other: "),
    ],
)
def test_an_invalid_pair_is_refused(
    service: RunningService, body: dict[str, Any], status: int, code: str, message: str
) -> None:
    if "other" in body:
        body = {**source(portrait("person_a_1").read_bytes()), **body}
    error = refused(service.call_own("POST", "explain", body), status)
    assert error["code"] == code
    assert message in error["message"]


def test_an_image_without_a_face_has_none_reported(
    service: RunningService, faceless: bytes
) -> None:
    assert explained(service, faceless)["faces"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"collections": "facelists/there"}, 400, "BadArgument"),
        ({"collections": "persongroups/nowhere"}, 404, "PersonGroupNotFound"),
        ({"confidenceThreshold": "2"}, 400, "BadArgument"),
        ({"maxNumOfCandidatesReturned": "0"}, 400, "BadArgument"),
    ],
)
def test_an_invalid_request_is_refused(
    service: RunningService, query: dict[str, str], status: int, code: str
) -> None:
    image = portrait("person_a_1").read_bytes()
    answer = service.call_own("POST", "explain", image=image, **query)
    assert refused(answer, status)["code"] == code
