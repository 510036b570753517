"""Invalid recognition requests get the documented error code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.refusals import UNKNOWN_ID, places, refused
from tests.end_to_end.service import RunningService


@pytest.fixture(scope="module", autouse=True)
def collections(service: RunningService) -> Iterator[None]:
    """One empty collection of each kind with the id ``there``."""
    with places(service):
        yield


FACE = {"faceId": UNKNOWN_ID}
RECOGNITION = [
    ("findsimilars", {"faceIds": [UNKNOWN_ID]}, "BadArgument"),
    ("findsimilars", FACE, "BadArgument"),
    ("findsimilars", {**FACE, "faceIds": []}, "BadArgument"),
    ("findsimilars", {**FACE, "faceIds": [UNKNOWN_ID] * 1_001}, "BadArgument"),
    ("findsimilars", {**FACE, "faceIds": [UNKNOWN_ID], "faceListId": "there"}, "BadArgument"),
    ("findsimilars", {**FACE, "faceIds": [UNKNOWN_ID], "mode": "other"}, "BadArgument"),
    (
        "findsimilars",
        {**FACE, "faceIds": [UNKNOWN_ID], "maxNumOfCandidatesReturned": 1_001},
        "BadArgument",
    ),
    ("findsimilars", {**FACE, "faceListId": "UPPER"}, "BadArgument"),
    ("findsimilars", {**FACE, "faceListId": "nowhere"}, "FaceListNotFound"),
    ("findsimilars", {**FACE, "faceListId": "there"}, "FaceListNotReady"),
    ("findsimilars", {**FACE, "largeFaceListId": "nowhere"}, "LargeFaceListNotFound"),
    ("findsimilars", {**FACE, "largeFaceListId": "there"}, "LargeFaceListNotTrained"),
    ("findsimilars", {**FACE, "faceIds": [UNKNOWN_ID]}, "FaceNotFound"),
    ("findsimilars", {"faceId": "x", "faceIds": [UNKNOWN_ID]}, "BadArgument"),
    ("group", {"faceIds": [UNKNOWN_ID]}, "BadArgument"),
    ("group", {"faceIds": [UNKNOWN_ID] * 1_001}, "BadArgument"),
    ("group", {"faceIds": ["x", "y"]}, "BadArgument"),
    ("group", {"faceIds": [UNKNOWN_ID, UNKNOWN_ID]}, "FaceNotFound"),
    ("identify", {"faceIds": [], "personGroupId": "there"}, "BadArgument"),
    ("identify", {"faceIds": [UNKNOWN_ID] * 11, "personGroupId": "there"}, "BadArgument"),
    ("identify", {"faceIds": [UNKNOWN_ID]}, "MissingIdentificationScopeParameters"),
    ("identify", {"faceIds": [UNKNOWN_ID], "personGroupId": "nowhere"}, "PersonGroupNotFound"),
    ("identify", {"faceIds": [UNKNOWN_ID], "personGroupId": "there"}, "PersonGroupNotTrained"),
    (
        "identify",
        {"faceIds": [UNKNOWN_ID], "personGroupId": "there", "confidenceThreshold": 1.5},
        "BadArgument",
    ),
    (
        "identify",
        {"faceIds": [UNKNOWN_ID], "personGroupId": "there", "maxNumOfCandidatesReturned": 101},
        "BadArgument",
    ),
    (
        "identify",
        {"faceIds": [UNKNOWN_ID], "personGroupId": "there", "largePersonGroupId": "there"},
        "IncompatibleIdentificationScopeParametersCombination",
    ),
    ("verify", {"faceId1": UNKNOWN_ID}, "BadArgument"),
    ("verify", {"faceId1": "x", "faceId2": UNKNOWN_ID}, "BadArgument"),
    ("verify", {**FACE, "personId": UNKNOWN_ID, "personGroupId": "nowhere"}, "PersonGroupNotFound"),
]


@pytest.mark.parametrize(("path", "body", "code"), RECOGNITION)
def test_invalid_recognition_requests_are_rejected(
    service: RunningService, path: str, body: dict[str, Any], code: str
) -> None:
    assert refused(service.call("POST", path, body), 400)["code"] == code


def test_verify_alone_answers_404_for_an_unknown_face(service: RunningService) -> None:
    answer = service.call("POST", "verify", {"faceId1": UNKNOWN_ID, "faceId2": UNKNOWN_ID})
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
    answer = service.call("POST", "identify", {"faceIds": [UNKNOWN_ID], **scopes}, version="v1.0")
    assert refused(answer, 400)["code"] == code
