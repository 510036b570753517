"""What is fuzzed: the entries that read callers' bytes, with seeds and tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from shared.api import parameters as p
from shared.api.bodies.detection import ImageUrlBody
from shared.api.bodies.liveness import LivenessContent
from shared.api.bodies.people import NamedBody
from shared.api.call import decode_body
from shared.api.http import Request
from shared.api.multipart import read_form
from shared.api.resources.lineament.archive import decoded_entries
from shared.domain.errors import InvalidInput, UnsupportedFeature, UnsupportedMediaType
from shared.domain.models import RECOGNITION_MODELS
from shared.vision.decoding.decoder import decode
from tests.fuzzing.guided import Fuzzer
from tests.hostile.images import seeds

_DOCUMENTED = (InvalidInput, UnsupportedFeature, UnsupportedMediaType)
_PARAMETERS = (
    p.START,
    p.START_PERSON,
    p.TOP,
    p.RETURN_FACE_ID,
    p.RETURN_FACE_ATTRIBUTES,
    p.RECOGNITION_MODEL,
    p.DETECTION_MODEL,
    p.FACE_ID_TIME_TO_LIVE,
    p.FACE_USER_DATA,
    p.TARGET_FACE,
)
_BODIES = (NamedBody, ImageUrlBody, LivenessContent)


def _read_json(content: bytes) -> None:
    for schema in _BODIES:
        try:
            decode_body(content, schema)
        except InvalidInput:
            continue


def _read_parameters(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    for one in _PARAMETERS:
        try:
            p.Arguments.parse((one,), {one.name: text}, p.STANDARD)
        except _DOCUMENTED:
            continue


def _read_form(content: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    read_form(Request("POST", "http://host/", headers, {}, {}, content))


def _image_fuzzer() -> Fuzzer:
    tokens = (
        b"IHDR",
        b"IDAT",
        b"tRNS",
        b"eXIf",
        b"PLTE",
        b"\xff\xda",
        b"\xff\xc2",
        b"\xff\xc4",
        b"\xff\xe1\0\x08Exif\0\0",
        b"BM",
        b"!\xf9\x04",
        b",",
        b"VP8X",
        b"VP8L",
        b"ANMF",
    )
    return Fuzzer(
        decode, _DOCUMENTED, [one[:8_000].ljust(1_024, b"\0") for one in seeds().values()], tokens
    )


def _json_fuzzer() -> Fuzzer:
    bodies = (
        {"name": "n", "userData": "d"},
        {"url": "http://a/b.jpg"},
        {"livenessOperationMode": "Passive", "authTokenTimeToLiveInSeconds": 600},
    )
    tokens = (b"{", b"}", b"[", b"]", b'"', b":", b",", b"null", b"1e9", b"\\ud800", b'"name"')
    return Fuzzer(_read_json, _DOCUMENTED, [json.dumps(one).encode() for one in bodies], tokens)


def _read_archive(content: bytes) -> None:
    decoded_entries(content, RECOGNITION_MODELS)


def _archive_fuzzer() -> Fuzzer:
    person = "c5c24a82-6845-4031-9d5d-978df9175426"
    lines = (
        {
            "type": "collection",
            "format": "lineament-archive",
            "formatVersion": 1,
            "collection": "a",
        },
        {"type": "person", "personId": person, "name": "n"},
        {"type": "face", "persistedFaceId": person, "embeddingModel": "m", "embedding": "AACAPw=="},
        {"type": "member", "personId": person},
    )
    texts = [json.dumps(one).encode() for one in lines]
    tokens = (b"\n", b"\r\n", b'"type"', b'"embedding":', b"AAAA", b"=", b"\\ud800", b"null", b"{")
    return Fuzzer(_read_archive, _DOCUMENTED, [*texts, b"\n".join(texts)], tokens)


def _parameter_fuzzer() -> Fuzzer:
    texts = (
        b"true",
        b"12",
        b"600",
        b"1,2,3,4",
        b"headPose,blur",
        b"recognition_04",
        b"a" * 70,
        b"c5c24a82-6845-4031-9d5d-978df9175426",
    )
    return Fuzzer(_read_parameters, _DOCUMENTED, texts, (b",", b"-", b"0" * 50, b"9" * 50))


def _form_fuzzer() -> Fuzzer:
    part = b'--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\nxyz\r\n'
    tokens = (b"--b\r\n", b"--b--\r\n", b"\r\n\r\n", b"filename*=utf-8''", b'name="')
    return Fuzzer(_read_form, _DOCUMENTED, [part + b"--b--\r\n", part * 3 + b"--b--\r\n"], tokens)


ENTRIES: Mapping[str, Callable[[], Fuzzer]] = {
    "image": _image_fuzzer,
    "json": _json_fuzzer,
    "archive": _archive_fuzzer,
    "parameters": _parameter_fuzzer,
    "multipart": _form_fuzzer,
}
"""A new fuzzer for each entry."""
