"""Recognise: detect and identify in one call, with names, storing nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.lineament.conftest import FAMILY, Family
from tests.end_to_end.refusals import places, refused
from tests.end_to_end.service import RunningService
from tests.images import portrait


@pytest.fixture(scope="module", autouse=True)
def collections(service: RunningService) -> Iterator[None]:
    """One empty collection of each kind with the id ``there``."""
    with places(service):
        yield


def recognized(service: RunningService, image: bytes, **query: str) -> list[dict[str, Any]]:
    """The recognised faces of an image."""
    faces: list[dict[str, Any]] = service.own("POST", "recognize", image=image, **query)["faces"]
    return faces


def names(faces: list[dict[str, Any]]) -> list[str]:
    """The name of the best candidate of each face that has one."""
    return [face["candidates"][0]["name"] for face in faces if face["candidates"]]


def test_all_of_a_family_are_named_as_detect_and_identify_find_them(
    service: RunningService, family: Family, faces: Path
) -> None:
    image = (faces / "identification1.jpg").read_bytes()
    answer = service.own("POST", "recognize", image=image, collections=family.path)
    assert answer["collections"] == [family.path]
    assert sorted(names(answer["faces"])) == sorted(FAMILY)
    detected = service.ok("POST", "detect", image=image, recognitionModel="recognition_04")
    ids = [face["faceId"] for face in detected]
    body = {"faceIds": ids, "largePersonGroupId": family.path.partition("/")[2]}
    identified = service.ok("POST", "identify", {**body, "maxNumOfCandidatesReturned": 1})
    assert [face["faceRectangle"] for face in answer["faces"]] == [
        face["faceRectangle"] for face in detected
    ]
    assert [
        [{"personId": one["personId"], "confidence": one["confidence"]} for one in some]
        for some in ([*face["candidates"]] for face in answer["faces"])
    ] == [face["candidates"] for face in identified]


def test_a_candidate_has_name_and_user_data_and_its_face_no_id(
    service: RunningService, family: Family, faces: Path
) -> None:
    image = (faces / "Family1-Dad3.jpg").read_bytes()
    (face,) = recognized(service, image, collections=family.path)
    (candidate,) = face["candidates"]
    assert set(face) == {"faceRectangle", "qualityForRecognition", "candidates"}
    assert face["qualityForRecognition"] in {"low", "medium", "high"}
    assert candidate.pop("confidence") > 0.5
    assert candidate == {
        "collection": family.path,
        "personId": family.persons["Dad"],
        "name": "Dad",
        "userData": "Dad of Family1",
    }


def test_a_stranger_has_no_candidate(service: RunningService, family: Family, faces: Path) -> None:
    image = (faces / "Family2-Man1.jpg").read_bytes()
    (face,) = recognized(service, image, collections=family.path)
    assert face["candidates"] == []


def test_remembered_faces_can_be_verified_afterwards(
    service: RunningService, family: Family, faces: Path
) -> None:
    image = (faces / "Family1-Dad3.jpg").read_bytes()
    (face,) = recognized(service, image, collections=family.path, remember="true")
    again = service.faces(image, recognitionModel="recognition_04")[0]
    answer = service.ok("POST", "verify", {"faceId1": face["faceId"], "faceId2": again})
    assert answer["confidence"] == pytest.approx(1.0)


def test_the_largest_face_alone_can_be_recognized(
    service: RunningService, family: Family, faces: Path
) -> None:
    image = (faces / "identification1.jpg").read_bytes()
    every = recognized(service, image, collections=family.path)
    largest = recognized(service, image, collections=family.path, faces="largest")
    assert largest == every[:1]


def test_landmarks_and_attributes_are_returned_as_detect_returns_them(
    service: RunningService, family: Family, faces: Path
) -> None:
    image = (faces / "Family1-Dad3.jpg").read_bytes()
    query = {"returnFaceLandmarks": "true", "returnFaceAttributes": "headPose,glasses"}
    (face,) = recognized(service, image, collections=family.path, **query)
    (detected,) = service.ok("POST", "detect", image=image, **query)
    assert face["faceLandmarks"] == detected["faceLandmarks"]
    assert face["faceAttributes"] == detected["faceAttributes"]


@pytest.mark.parametrize("kind", ["facelists", "largefacelists"])
def test_candidates_of_several_collections_are_ranked_together(
    service: RunningService, family: Family, faces: Path, kind: str
) -> None:
    path = f"{kind}/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "list", "recognitionModel": "recognition_04"})
    same = (faces / "Family1-Dad3.jpg").read_bytes()
    listed = service.ok("POST", f"{path}/persistedfaces", image=same, userData="a visitor")
    if kind == "largefacelists":
        service.train(path)
    (face,) = recognized(
        service, same, collections=f"{family.path},{path}", maxNumOfCandidatesReturned="5"
    )
    confidences = [one["confidence"] for one in face["candidates"]]
    assert confidences == sorted(confidences, reverse=True)
    found = {one["collection"]: one for one in face["candidates"]}
    assert found[family.path]["name"] == "Dad"
    assert found[path]["confidence"] == pytest.approx(1.0)
    assert found[path]["persistedFaceId"] == listed["persistedFaceId"]
    assert found[path]["userData"] == "a visitor"
    (best,) = recognized(service, same, collections=f"{family.path},{path}")
    assert len(best["candidates"]) == 1


def test_the_directory_and_its_groups_are_searched(service: RunningService) -> None:
    person = service.ok("POST", "persons", {"name": "Ada", "userData": "hers"})["personId"]
    service.ok(
        "POST",
        f"persons/{person}/recognitionModels/recognition_04/persistedfaces",
        image=portrait("person_a_1").read_bytes(),
    )
    group = f"dynamicpersongroups/{uuid.uuid4().hex}"
    service.ok("PUT", group, {"name": "some", "addPersonIds": [person]})
    probe = portrait("person_a_2").read_bytes()
    for collection in ("persondirectory", group):
        (face,) = recognized(service, probe, collections=collection)
        assert [(one["collection"], one["name"]) for one in face["candidates"]] == [
            (collection, "Ada")
        ]
    (face,) = recognized(
        service, probe, collections="persondirectory", recognitionModel="recognition_03"
    )
    assert face["candidates"] == []
    service.ok("DELETE", f"persons/{person}")
    (face,) = recognized(service, probe, collections="persondirectory")
    assert face["candidates"] == []


def test_the_parameter_that_is_wrong_is_named(service: RunningService) -> None:
    image = portrait("person_a_1").read_bytes()
    answer = service.call_own("POST", "recognize", image=image, collections="staff")
    assert refused(answer, 400)["message"].startswith("'collections' is invalid.")
    answer = service.call_own("GET", "persons", collection="staff")
    assert refused(answer, 400)["message"].startswith("'collection' is invalid.")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "BadArgument"),
        ({"collections": "there"}, 400, "BadArgument"),
        ({"collections": "persongroups/UPPER"}, 400, "BadArgument"),
        ({"collections": ",".join(f"facelists/{n}" for n in range(11))}, 400, "BadArgument"),
        ({"collections": "persongroups/there", "faces": "some"}, 400, "BadArgument"),
        ({"collections": "persongroups/there", "confidenceThreshold": "1.1"}, 400, "BadArgument"),
        ({"collections": "persongroups/there", "confidenceThreshold": "x"}, 400, "BadArgument"),
        (
            {"collections": "persongroups/there", "maxNumOfCandidatesReturned": "101"},
            400,
            "BadArgument",
        ),
        ({"collections": "persongroups/nowhere"}, 404, "PersonGroupNotFound"),
        ({"collections": "dynamicpersongroups/nowhere"}, 404, "DynamicPersonGroupNotFound"),
        ({"collections": "facelists/nowhere"}, 404, "FaceListNotFound"),
        ({"collections": "persongroups/there"}, 404, "PersonGroupNotTrained"),
        ({"collections": "largepersongroups/there"}, 404, "LargePersonGroupNotTrained"),
        ({"collections": "largefacelists/there"}, 404, "LargeFaceListNotTrained"),
        ({"collections": "facelists/there"}, 404, "FaceListNotReady"),
    ],
)
def test_what_cannot_be_searched_is_an_error(
    service: RunningService, query: dict[str, str], status: int, code: str
) -> None:
    answer = service.call(
        "POST",
        "recognize",
        image=portrait("person_a_1").read_bytes(),
        api="lineament",
        version="v1",
        **query,
    )
    assert refused(answer, status)["code"] == code


def test_an_unknown_version_or_path_and_a_wrong_method_are_errors(
    service: RunningService,
) -> None:
    assert refused(service.call("POST", "recognize", api="lineament", version="v2"), 404)
    assert refused(service.call("POST", "nothing", api="lineament", version="v1"), 404)
    answer = service.call("GET", "recognize", api="lineament", version="v1")
    assert refused(answer, 405)["code"] == "405"
    assert answer.headers["allow"] == "POST"


def test_an_image_without_a_face_has_no_faces(
    service: RunningService, family: Family, faceless: bytes
) -> None:
    assert recognized(service, faceless, collections=family.path) == []
