"""Recognition that is asked what makes no sense says so with the documented code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.refusals import NOBODY, places, refused
from tests.end_to_end.service import RunningService


@pytest.fixture(scope="module", autouse=True)
def standing(service: RunningService) -> Iterator[None]:
    """One empty collection of each kind under the id ``there``."""
    with places(service):
        yield


FACE = {"faceId": NOBODY}
RECOGNITION = [
    ("findsimilars", {"faceIds": [NOBODY]}, "BadArgument"),
    ("findsimilars", FACE, "BadArgument"),
    ("findsimilars", {**FACE, "faceIds": []}, "BadArgument"),
    ("findsimilars", {**FACE, "faceIds": [NOBODY] * 1_001}, "BadArgument"),
    ("findsimilars", {**FACE, "faceIds": [NOBODY], "faceListId": "there"}, "BadArgument"),
    ("findsimilars", {**FACE, "faceIds": [NOBODY], "mode": "other"}, "BadArgument"),
    (
        "findsimilars",
        {**FACE, "faceIds": [NOBODY], "maxNumOfCandidatesReturned": 1_001},
        "BadArgument",
    ),
    ("findsimilars", {**FACE, "faceListId": "UPPER"}, "BadArgument"),
    ("findsimilars", {**FACE, "faceListId": "nowhere"}, "FaceListNotFound"),
    ("findsimilars", {**FACE, "faceListId": "there"}, "FaceListNotReady"),
    ("findsimilars", {**FACE, "largeFaceListId": "nowhere"}, "LargeFaceListNotFound"),
    ("findsimilars", {**FACE, "largeFaceListId": "there"}, "LargeFaceListNotTrained"),
    ("findsimilars", {**FACE, "faceIds": [NOBODY]}, "FaceNotFound"),
    ("findsimilars", {"faceId": "x", "faceIds": [NOBODY]}, "BadArgument"),
    ("group", {"faceIds": [NOBODY]}, "BadArgument"),
    ("group", {"faceIds": [NOBODY] * 1_001}, "BadArgument"),
    ("group", {"faceIds": ["x", "y"]}, "BadArgument"),
    ("group", {"faceIds": [NOBODY, NOBODY]}, "FaceNotFound"),
    ("identify", {"faceIds": [], "personGroupId": "there"}, "BadArgument"),
    ("identify", {"faceIds": [NOBODY] * 11, "personGroupId": "there"}, "BadArgument"),
    ("identify", {"faceIds": [NOBODY]}, "MissingIdentificationScopeParameters"),
    ("identify", {"faceIds": [NOBODY], "personGroupId": "nowhere"}, "PersonGroupNotFound"),
    ("identify", {"faceIds": [NOBODY], "personGroupId": "there"}, "PersonGroupNotTrained"),
    (
        "identify",
        {"faceIds": [NOBODY], "personGroupId": "there", "confidenceThreshold": 1.5},
        "BadArgument",
    ),
    (
        "identify",
        {"faceIds": [NOBODY], "personGroupId": "there", "maxNumOfCandidatesReturned": 101},
        "BadArgument",
    ),
    (
        "identify",
        {"faceIds": [NOBODY], "personGroupId": "there", "largePersonGroupId": "there"},
        "IncompatibleIdentificationScopeParametersCombination",
    ),
    ("verify", {"faceId1": NOBODY}, "BadArgument"),
    ("verify", {"faceId1": "x", "faceId2": NOBODY}, "BadArgument"),
    ("verify", {**FACE, "personId": NOBODY, "personGroupId": "nowhere"}, "PersonGroupNotFound"),
]


@pytest.mark.parametrize(("path", "body", "code"), RECOGNITION)
def test_recognition_refuses_what_makes_no_sense(
    service: RunningService, path: str, body: dict[str, Any], code: str
) -> None:
    assert refused(service.call("POST", path, body), 400)["code"] == code


def test_verify_alone_answers_404_for_an_unknown_face(service: RunningService) -> None:
    answer = service.call("POST", "verify", {"faceId1": NOBODY, "faceId2": NOBODY})
    assert refused(answer, 404) == {"code": "FaceNotFound", "message": "Face is not found."}


@pytest.mark.parametrize(
    ("scopes", "code"),
    [
        ({}, "PersonGroupIdAndLargePersonGroupIdBothNull"),
        (
            {"personGroupId": "there", "largePersonGroupId": "there"},
            "PersonGroupIdAndLargePersonGroupIdBothNotNull",
        ),
    ],
)
def test_the_classic_version_has_its_own_codes(
    service: RunningService, scopes: dict[str, str], code: str
) -> None:
    answer = service.call("POST", "identify", {"faceIds": [NOBODY], **scopes}, version="v1.0")
    assert refused(answer, 400)["code"] == code
