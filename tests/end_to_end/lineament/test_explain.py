"""Explain: what is found, what is left out and by which rule, how candidates are judged."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from tests.end_to_end.lineament.conftest import Family
from tests.end_to_end.refusals import refused
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
