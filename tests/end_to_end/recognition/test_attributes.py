"""Landmarks and attributes over HTTP, as Azure's clients request them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.end_to_end.service import RunningService
from tests.images import portrait

ALL_01 = "accessories,blur,exposure,glasses,headPose,noise,occlusion,qualityForRecognition"
ALL_03 = "blur,exposure,glasses,headPose,mask,occlusion,qualityForRecognition"


def _face(service: RunningService, **query: str) -> dict[str, Any]:
    image = portrait("impostor_1").read_bytes()
    (face,) = service.ok("POST", "detect", image=image, **query)
    answer: dict[str, Any] = face
    return answer


def test_landmarks_have_azures_27_names_and_one_decimal(service: RunningService) -> None:
    face = _face(service, returnFaceId="false", returnFaceLandmarks="true")
    assert set(face) == {"faceRectangle", "faceLandmarks"}
    landmarks = face["faceLandmarks"]
    assert len(landmarks) == 27
    assert list(landmarks)[:3] == ["pupilLeft", "pupilRight", "noseTip"]
    assert landmarks["pupilLeft"]["x"] < landmarks["pupilRight"]["x"]
    for point in landmarks.values():
        assert set(point) == {"x", "y"}
        assert all(round(number, 1) == number for number in point.values())


@pytest.mark.parametrize("text", ["headPose,blur", "HEADPOSE,Blur", " headpose , blur ,"])
def test_only_the_requested_attributes_are_returned_in_any_case(
    service: RunningService, text: str
) -> None:
    face = _face(service, returnFaceAttributes=text)
    assert set(face) == {"faceId", "faceRectangle", "faceAttributes"}
    assert set(face["faceAttributes"]) == {"headPose", "blur"}
    assert set(face["faceAttributes"]["headPose"]) == {"pitch", "roll", "yaw"}
    assert set(face["faceAttributes"]["blur"]) == {"blurLevel", "value"}


def test_commas_may_be_percent_encoded(service: RunningService) -> None:
    response = service.client.request(
        "POST",
        "/face/v1.0/detect?returnFaceId=false&returnFaceAttributes=blur%2Cnoise",
        content=portrait("impostor_1").read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert response.status_code == 200
    assert set(response.json()[0]["faceAttributes"]) == {"blur", "noise"}


def test_all_attributes_of_the_first_model_have_azures_shapes(service: RunningService) -> None:
    found = _face(service, returnFaceAttributes=ALL_01, recognitionModel="recognition_04")
    attributes = found["faceAttributes"]
    assert attributes["accessories"] == []
    assert attributes["glasses"] == "noGlasses"
    assert attributes["occlusion"] == {
        "foreheadOccluded": False,
        "eyeOccluded": False,
        "mouthOccluded": False,
    }
    assert attributes["blur"]["blurLevel"] in ("low", "medium", "high")
    assert attributes["exposure"]["exposureLevel"] == "goodExposure"
    assert attributes["noise"]["noiseLevel"] in ("low", "medium", "high")
    assert attributes["qualityForRecognition"] == "high"
    for name in ("blur", "exposure", "noise"):
        value = attributes[name]["value"]
        assert 0 <= value <= 1
        assert round(value, 2) == value


def test_a_bare_face_wears_no_mask(service: RunningService) -> None:
    found = _face(
        service,
        returnFaceAttributes=ALL_03,
        recognitionModel="recognition_04",
        detectionModel="detection_03",
    )
    attributes = found["faceAttributes"]
    assert attributes["mask"] == {"type": "noMask", "noseAndMouthCovered": False}


def test_glasses_are_spelled_with_a_capital_under_version_1_0(service: RunningService) -> None:
    response = service.client.request(
        "POST",
        "/face/v1.0/detect?returnFaceId=false&returnFaceAttributes=glasses",
        content=portrait("impostor_1").read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert response.status_code == 200
    assert response.json()[0]["faceAttributes"] == {"glasses": "NoGlasses"}


@pytest.mark.parametrize(
    ("query", "status", "code", "message"),
    [
        ({"returnFaceAttributes": "beauty"}, 400, "BadArgument", "Invalid argument"),
        ({"returnFaceAttributes": "blur,Age"}, 403, "UnsupportedFeature", "never inferred"),
        ({"returnFaceAttributes": "facialHair"}, 403, "UnsupportedFeature", "never inferred"),
        ({"returnFaceAttributes": "mask"}, 400, "BadArgument", "supported by detection_01."),
        (
            {"returnFaceAttributes": "noise", "detectionModel": "detection_03"},
            400,
            "BadArgument",
            "Only face attributes 'blur,exposure,glasses,headpose,mask,occlusion,"
            "qualityforrecognition' are supported by detection_03.",
        ),
        (
            {"returnFaceAttributes": "blur", "detectionModel": "detection_02"},
            400,
            "BadArgument",
            "'returnFaceAttributes' is not supported by detection_02.",
        ),
        (
            {"returnFaceLandmarks": "true", "detectionModel": "detection_02"},
            400,
            "BadArgument",
            "'returnLandmarks' is not supported by detection_02.",
        ),
        ({"returnFaceAttributes": "qualityForRecognition"}, 400, "BadArgument", "recognition_03"),
    ],
)
def test_unsupported_attributes_are_rejected(
    service: RunningService, query: dict[str, str], status: int, code: str, message: str
) -> None:
    response = service.call("POST", "detect", image=portrait("impostor_1").read_bytes(), **query)
    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert message in response.json()["error"]["message"]
