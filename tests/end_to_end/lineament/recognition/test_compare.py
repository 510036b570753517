"""Compare: images, detected faces and persons, in one call."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.lineament.conftest import Family
from tests.end_to_end.refusals import UNKNOWN_ID, refused
from tests.end_to_end.service import RunningService
from tests.images import portrait


def source(content: bytes) -> dict[str, str]:
    """An image as a member of a body."""
    return {"image": base64.b64encode(content).decode()}


def of(name: str) -> dict[str, str]:
    """A portrait as a member of a body."""
    return source(portrait(name).read_bytes())


def compared(service: RunningService, **body: Any) -> dict[str, Any]:
    """The answer to a body."""
    answer: dict[str, Any] = service.own("POST", "compare", body)
    return answer


def test_the_best_of_several_images_comes_first_with_what_verify_says(
    service: RunningService,
) -> None:
    others = [of("impostor_1"), of("person_a_2"), of("person_b_1")]
    answer = compared(service, probe=of("person_a_1"), against=others)
    assert answer["pairs"][0]["against"]["index"] == 1
    assert [pair["isIdentical"] for pair in answer["pairs"]] == [True, False, False]
    best = answer["pairs"][0]
    assert answer["isIdentical"] is True
    assert answer["confidence"] == best["confidence"]
    one, same = (
        service.faces(portrait(name).read_bytes(), recognitionModel="recognition_04")[0]
        for name in ("person_a_1", "person_a_2")
    )
    verified = service.ok("POST", "verify", {"faceId1": one, "faceId2": same})
    assert best["confidence"] == pytest.approx(verified["confidence"], abs=1e-4)
    assert 0.3 < best["cosine"] < 1
    assert 1e-5 <= best["falseAcceptRate"] <= 5e-4
    assert set(best["probe"]) == {"faceRectangle"}


def test_detected_faces_can_be_compared(service: RunningService) -> None:
    face = service.faces(portrait("person_a_2").read_bytes())[0]
    answer = compared(service, probe=of("person_a_1"), against=[{"faceId": face}])
    (pair,) = answer["pairs"]
    assert pair["against"] == {"index": 0, "faceId": face}
    assert pair["isIdentical"] is True


def test_a_person_is_compared_by_all_faces(
    service: RunningService, family: Family, faces: Path
) -> None:
    probe = source((faces / "Family1-Mom2.jpg").read_bytes())
    person = {"collection": family.path, "personId": family.persons["Mom"]}
    answer = compared(service, probe=probe, person=person)
    assert answer["isIdentical"] is True
    assert answer["confidence"] == pytest.approx(1.0, abs=1e-3)
    stored = service.ok("GET", f"{family.path}/persons/{family.persons['Mom']}")
    assert {pair["against"]["persistedFaceId"] for pair in answer["pairs"]} == set(
        stored["persistedFaceIds"]
    )
    other = {**person, "personId": family.persons["Dad"]}
    assert compared(service, probe=probe, person=other)["isIdentical"] is False


def test_a_target_selects_one_face_of_an_image(service: RunningService, faces: Path) -> None:
    image = (faces / "identification1.jpg").read_bytes()
    detected = service.ok("POST", "detect", image=image, detectionModel="detection_03")
    target = detected[1]["faceRectangle"]
    probe = {**source(image), "targetFace": target}
    answer = compared(service, probe=probe, against=[source(image)], maxNumOfPairsReturned=100)
    assert len(answer["pairs"]) == len(detected)
    assert answer["pairs"][0]["probe"]["faceRectangle"] == target
    assert answer["pairs"][0]["against"]["faceRectangle"] == target
    assert answer["pairs"][0]["cosine"] == pytest.approx(1.0, abs=1e-4)


def test_images_without_a_face_are_named(service: RunningService, faceless: bytes) -> None:
    answer = compared(service, probe=source(faceless), against=[of("person_a_1"), source(faceless)])
    assert answer == {
        "isIdentical": False,
        "confidence": 0.0,
        "pairs": [],
        "withoutFaces": ["probe", "against[1]"],
    }


ONE = {"faceId": UNKNOWN_ID}
PERSON = {"collection": "persongroups/nowhere", "personId": UNKNOWN_ID}


@pytest.mark.parametrize(
    ("body", "status", "code", "part"),
    [
        ({}, 400, "BadArgument", "probe"),
        ({"probe": {}, "against": [ONE]}, 400, "BadArgument", "probe: send exactly one"),
        ({"probe": ONE}, 400, "BadArgument", "exactly one of against and person"),
        ({"probe": ONE, "against": [ONE], "person": PERSON}, 400, "BadArgument", "exactly one"),
        ({"probe": ONE, "against": []}, 400, "BadArgument", "valid range"),
        ({"probe": ONE, "against": [ONE] * 31}, 400, "BadArgument", "valid range"),
        ({"probe": ONE, "against": [{"image": "no base64"}]}, 400, "BadArgument", "image"),
        ({"probe": ONE, "against": [{"image": "AAAA"}]}, 400, "InvalidImageSize", "against[0]:"),
        ({"probe": ONE, "against": [{"faceId": "x"}]}, 400, "BadArgument", "against[0]:"),
        ({"probe": ONE, "against": [ONE]}, 404, "FaceNotFound", "against[0]:"),
        ({"probe": ONE, "person": PERSON}, 404, "PersonGroupNotFound", "not found"),
        (
            {"probe": ONE, "person": {**PERSON, "collection": "facelists/x"}},
            400,
            "BadArgument",
            "collection of the person",
        ),
        ({"probe": ONE, "against": [ONE], "recognitionModel": "x"}, 400, "BadArgument", "Model"),
        ({"probe": ONE, "against": [ONE], "confidenceThreshold": 2}, 400, "BadArgument", "Thresh"),
        ({"probe": ONE, "against": [ONE], "maxNumOfPairsReturned": 0}, 400, "BadArgument", "Pairs"),
    ],
)
def test_what_cannot_be_compared_is_an_error_that_names_its_part(
    service: RunningService, body: dict[str, Any], status: int, code: str, part: str
) -> None:
    error = refused(service.call_own("POST", "compare", body), status)
    assert error["code"] == code
    assert part in error["message"]


def test_an_unusable_image_is_named(service: RunningService) -> None:
    body = {"probe": of("person_a_1"), "against": [of("person_a_2"), source(b"x" * 2_000)]}
    error = refused(service.call_own("POST", "compare", body), 400)
    assert error["code"] == "InvalidImage"
    assert error["message"].startswith("against[1]: ")
