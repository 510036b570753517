"""Reading requests: versions, addresses, images, bodies and query parameters."""

from __future__ import annotations

from typing import Any

import pytest

from shared.api import parameters as p
from shared.api.bodies.liveness import LivenessWithVerifyContent
from shared.api.bodies.people import NamedBody
from shared.api.bodies.recognition import VerifyBody
from shared.api.call import Call, convert_fields, decode_body
from shared.api.http import Request
from shared.api.operations import Operation
from shared.api.versions import FACE, VERSIONS
from shared.domain.errors import (
    BadArgument,
    InvalidImageSize,
    RouteNotFound,
    UnsupportedFeature,
)
from shared.domain.face.attributes import Attribute
from shared.domain.face.geometry import Rectangle
from shared.domain.models import RECOGNITION_MODELS
from shared.domain.requests import ImageUrl

OPERATION = Operation("one", "POST", "one", "One.")


def call(*, headers: dict[str, str] | None = None, body: bytes = b"") -> Call:
    url = "http://inside:7071/face/v1.2/one"
    request = Request("POST", url, headers or {}, {}, {}, body)
    return Call(OPERATION, VERSIONS["v1.2"], request)


def parsed(parameter: p.Parameter[Any], query: dict[str, str]) -> Any:
    """The value of an operation's only parameter."""
    return p.Arguments.parse((parameter,), query, p.Capabilities())[parameter]


@pytest.mark.parametrize("name", VERSIONS)
def test_a_version_is_found_in_any_case(name: str) -> None:
    assert FACE.version(name.upper()).name == name


@pytest.mark.parametrize("name", ["", "v1.3", "v1", "1.2", "v1.2 "])
def test_another_version_does_not_exist(name: str) -> None:
    with pytest.raises(RouteNotFound):
        FACE.version(name)


def test_only_the_newer_versions_return_ten_candidates_by_default() -> None:
    counts = {name: version.identify_candidates for name, version in VERSIONS.items()}
    assert counts == {
        "v1.0": 1,
        "v1.0-preview": 1,
        "v1.1-preview.1": 10,
        "v1.2-preview.1": 10,
        "v1.2": 10,
    }


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "http://inside:7071/face/v1.2"),
        ({"host": "asked.example"}, "http://asked.example/face/v1.2"),
        (
            {"host": "inside", "x-forwarded-host": "seen.example", "x-forwarded-proto": "https"},
            "https://seen.example/face/v1.2",
        ),
        (
            {"x-forwarded-host": "first.example, second", "x-forwarded-proto": "https,http"},
            "https://first.example/face/v1.2",
        ),
    ],
)
def test_addresses_are_those_that_the_caller_sees(headers: dict[str, str], expected: str) -> None:
    assert call(headers=headers).base_url == expected


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
def test_a_json_body_names_an_image_by_url(content_type: str) -> None:
    asked = call(headers={"content-type": content_type}, body=b'{"url":"http://x.example/a"}')
    assert asked.image() == ImageUrl("http://x.example/a")


@pytest.mark.parametrize("content_type", ["application/octet-stream", "image/jpeg", ""])
def test_any_other_body_is_the_image(content_type: str) -> None:
    content = b"x" * 1_024
    assert call(headers={"content-type": content_type}, body=content).image() == content


@pytest.mark.parametrize(("size", "message"), [(1_023, "small"), (6 * 1024 * 1024 + 1, "big")])
def test_an_image_has_one_kilobyte_to_six_megabytes(size: int, message: str) -> None:
    with pytest.raises(InvalidImageSize, match=message):
        call(body=b"x" * size).image()


@pytest.mark.parametrize(
    "text",
    [
        b'{"faceid1": "a", "faceid2": "b"}',
        b'{"FaceId1": "a", "FACEID2": "b", "other": [{"faceId1": 1}]}',
        b'{"faceId1": "z", "faceid1": "a", "faceId2": "b"}',
    ],
)
def test_members_have_names_in_any_case(text: bytes) -> None:
    # Microsoft's Python SDK 1.0.0b1 sends them in lower case.
    body = decode_body(text, VerifyBody)
    assert (body.face_id1, body.face_id2) == ("a", "b")


def test_a_member_of_another_type_is_named_as_it_is_declared() -> None:
    with pytest.raises(BadArgument, match=r"\(Parameter 'faceId1'\)"):
        decode_body(b'{"faceid1": 1}', VerifyBody)


def test_fields_of_a_form_have_names_in_any_case() -> None:
    fields = {"livenessoperationmode": "Passive", "AuthTokenTimeToLiveInSeconds": "60"}
    form = convert_fields(fields, LivenessWithVerifyContent)
    assert (form.liveness_operation_mode, form.auth_token_time_to_live_in_seconds) == (
        "Passive",
        60,
    )


def test_errors_of_bodies_name_the_invalid_member() -> None:
    assert decode_body(b'{"name":"n","other":1}', NamedBody).name == "n"
    with pytest.raises(BadArgument, match=r"Parameter 'userData'"):
        decode_body(b'{"name":"n","userData":7}', NamedBody)
    for content in (b"", b"{", b"\xff\xfe"):
        with pytest.raises(BadArgument, match=r"JSON parsing error\."):
            decode_body(content, NamedBody)


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (p.TOP, "1", 1),
        (p.TOP, "1000", 1_000),
        (p.RETURN_FACE_ID, "False", False),
        (p.RETURN_RECOGNITION_MODEL, "TRUE", True),
        (p.RECOGNITION_MODEL, "Recognition_04", "recognition_04"),
        (p.FACE_ID_TIME_TO_LIVE, "60", 60),
        (p.TARGET_FACE, "1,2,3,4", Rectangle(1, 2, 3, 4)),
    ],
)
def test_query_parameters_are_read_in_any_case_of_their_name(
    parameter: p.Parameter[Any], text: str, value: object
) -> None:
    assert parsed(parameter, {parameter.name.upper(): text}) == value


@pytest.mark.parametrize(
    "parameter", [p.TOP, p.START, p.RETURN_FACE_ID, p.TARGET_FACE, p.DETECTION_MODEL]
)
def test_an_absent_or_empty_parameter_has_its_default(parameter: p.Parameter[Any]) -> None:
    assert parsed(parameter, {}) == parameter.default
    assert parsed(parameter, {parameter.name: ""}) == parameter.default


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (p.TOP, "0"),
        (p.TOP, "1001"),
        (p.TOP, "\N{ARABIC-INDIC DIGIT ONE}"),
        (p.TOP, "1" * 5_000),
        (p.START, "x" * 65),
        (p.RETURN_FACE_ID, "yes"),
        (p.RECOGNITION_MODEL, "recognition_00"),
        (p.FACE_ID_TIME_TO_LIVE, "59"),
        (p.FACE_ID_TIME_TO_LIVE, "86401"),
        (p.TARGET_FACE, "1,2,3"),
        (p.TARGET_FACE, "1,2,0,4"),
        (p.TARGET_FACE, "-1,2,3,4"),
        (p.TARGET_FACE, "1.5,2,3,4"),
    ],
)
def test_a_malformed_parameter_is_refused(parameter: p.Parameter[Any], text: str) -> None:
    with pytest.raises(BadArgument):
        parsed(parameter, {parameter.name: text})


def test_the_first_of_two_spellings_counts_as_in_any_repeated_parameter() -> None:
    assert parsed(p.TOP, {"Top": "2", "top": "3"}) == 2


def test_an_argument_that_the_operation_does_not_declare_cannot_be_read() -> None:
    arguments = p.Arguments.parse((p.START_PERSON,), {"top": "0"}, p.Capabilities())
    undeclared: tuple[p.Parameter[Any], ...] = (p.TOP, p.START)
    for parameter in undeclared:
        with pytest.raises(LookupError):
            arguments[parameter]


def test_the_operator_s_own_model_is_accepted_where_there_is_one() -> None:
    own = p.Capabilities((*RECOGNITION_MODELS, "arcface_r50"))
    query = {"recognitionModel": "arcface_r50"}
    assert p.Arguments.parse((p.RECOGNITION_MODEL,), query, own)[p.RECOGNITION_MODEL] == (
        "arcface_r50"
    )
    with pytest.raises(BadArgument):
        parsed(p.RECOGNITION_MODEL, query)


def test_attributes_are_named_in_any_case_and_those_of_old_are_not_supported() -> None:
    wanted = {"returnFaceAttributes": " HeadPose,blur,,qualityforrecognition"}
    assert parsed(p.RETURN_FACE_ATTRIBUTES, wanted) == {
        Attribute.HEAD_POSE,
        Attribute.BLUR,
        Attribute.QUALITY,
    }
    with pytest.raises(UnsupportedFeature):
        parsed(p.RETURN_FACE_ATTRIBUTES, {"returnFaceAttributes": "blur,Age"})
    with pytest.raises(BadArgument):
        parsed(p.RETURN_FACE_ATTRIBUTES, {"returnFaceAttributes": "age,height"})
