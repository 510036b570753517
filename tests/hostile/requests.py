"""Hostile requests: bodies of JSON, query parameters, and heads; the same ones in every run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from tests.hostile.images import Case

FACE = "c5c24a82-6845-4031-9d5d-978df9175426"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that an ordinary client can send.

    Attributes:
        path: below `/face/`, with its query.
    """

    name: str
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


OPERATIONS: Mapping[tuple[str, str], object] = {
    ("PUT", "v1.2/persongroups/hostile"): {"name": "n", "userData": "d"},
    ("PUT", "v1.2/dynamicpersongroups/hostile"): {"name": "n", "addPersonIds": [FACE]},
    ("POST", "v1.2/persons"): {"name": "n", "userData": "d"},
    ("POST", "v1.2/verify"): {"faceId1": FACE, "faceId2": FACE},
    ("POST", "v1.2/identify"): {
        "faceIds": [FACE],
        "personGroupId": "hostile",
        "maxNumOfCandidatesReturned": 3,
        "confidenceThreshold": 0.5,
    },
    ("POST", "v1.2/findsimilars"): {"faceId": FACE, "faceIds": [FACE], "mode": "matchPerson"},
    ("POST", "v1.2/group"): {"faceIds": [FACE, FACE]},
    ("POST", "v1.2/detect"): {"url": "http://127.0.0.1/face.jpg"},
    ("POST", "v1.2/detectLiveness-sessions"): {
        "livenessOperationMode": "Passive",
        "authTokenTimeToLiveInSeconds": 600,
    },
}
"""Operations that take JSON, each with a body that is valid."""

VALUES: tuple[bytes, ...] = (
    b"null",
    b"true",
    b"0",
    b"-1",
    b"1e400",
    b"1" * 5_000,
    b"0." + b"3" * 5_000,
    b'""',
    b'"\\ud800"',
    b'"\\u0000"',
    b'"' + b"a" * 70_000 + b'"',
    b'"\'; DROP TABLE faces; --"',
    '"\u202e\ufeff\U0001f600"'.encode(),
    b"[]",
    b"{}",
    b"[" * 2_000 + b"]" * 2_000,
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    b"[" + b'"a",' * 20_000 + b'"a"]',
    b'"\xff"',
    b"NaN",
    b"Infinity",
    b"// comment",
)
"""What a member's value may be replaced by."""

PARAMETERS: Mapping[str, str] = {
    "v1.2/persongroups": "top start returnRecognitionModel",
    "v1.2/persons": "top start",
    "v1.2/persongroups/hostile/persons": "top start",
}

TEXTS: tuple[str, ...] = (
    "",
    "0",
    "-1",
    "0000000060",
    "0000000000000000000000000000001",
    "9" * 4_301,
    "1e3",
    "\u0661",
    "%00",
    "%FF%FE",
    "true,false",
    "..%2f..%2f",
    "a" * 65,
    "${jndi:ldap://x}",
    "1.0",
    "0x10",
    "+1",
    " 1",
    "1%0a",
)


def request_cases() -> Iterator[Request]:
    """Every case, always in the same order."""
    yield from _bodies()
    yield from _types()
    yield from _queries()


def _bodies() -> Iterator[Request]:
    for (method, path), valid in OPERATIONS.items():
        whole = json.dumps(valid).encode()
        for case in (*_members(whole, valid), *_mutations(whole)):
            headers = {"Content-Type": "application/json"}
            yield Request(f"{path} {case.name}", method, path, case.content, headers)


def _members(whole: bytes, valid: object) -> Iterator[Case]:
    """Each member replaced, doubled or left out."""
    assert isinstance(valid, dict)
    for name, value in valid.items():
        old = json.dumps({name: value}).encode()[1:-1]
        for number, replacement in enumerate(VALUES):
            new = json.dumps(name).encode() + b": " + replacement
            yield Case(f"{name} value {number}", whole.replace(old, new))
            yield Case(f"{name} twice {number}", whole.replace(old, old + b", " + new))
        yield Case(
            f"{name} missing", json.dumps({k: valid[k] for k in valid if k != name}).encode()
        )


def _mutations(whole: bytes) -> Iterator[Case]:
    """Bytes changed, cut and doubled; marks and blanks in front."""
    random = np.random.default_rng(len(whole))
    for number in range(120):
        changed = bytearray(whole)
        for _ in range(1 + number % 4):
            changed[int(random.integers(0, len(changed)))] = int(random.integers(0, 256))
        yield Case(f"mutation {number}", bytes(changed))
    for size in range(0, len(whole), 3):
        yield Case(f"cut at {size}", whole[:size])
    for front in (b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b" " * 5_000, b"\xef\xbb\xbf" * 2):
        yield Case(f"front {front[:3]!r}", front + whole)
    yield Case("utf-16", whole.decode().encode("utf-16"))


def _types() -> Iterator[Request]:
    types = (
        "",
        "application/json; charset=utf-7",
        "application/json; charset=\x7f",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "b" * 5_000,
        "multipart/form-data; boundary=a",
        "application/x-www-form-urlencoded",
        "text/html;;;=",
        "image/jpeg",
        "a" * 4_000,
    )
    bodies = (b"", b"--a\r\n", b"--a\r\n" * 3_000, b'{"url": 1}', b"\xff\xd8\xff" * 500)
    for path in ("v1.2/detect", "v1.2/detectLivenessWithVerify-sessions", "v1.2/verify"):
        for kind in types:
            for number, body in enumerate(bodies):
                headers = {"Content-Type": kind} if kind else {}
                yield Request(f"{path} {kind[:30]!r} {number}", "POST", path, body, headers)


def _queries() -> Iterator[Request]:
    for path, names in PARAMETERS.items():
        for name in names.split():
            for text in TEXTS:
                yield Request(f"{path} {name}={text[:20]}", "GET", f"{path}?{name}={text}")
    for text in TEXTS:
        for name in ("faceIdTimeToLive", "returnFaceAttributes", "detectionModel", "returnFaceId"):
            path = f"v1.2/detect?{name}={text}"
            yield Request(f"detect {name}={text[:20]}", "POST", path, b"\xff\xd8\xff" * 500)
    for path in ("/v1.2/persongroups", "v1.2//persongroups", "v1.2/persongroups/%2e%2e/x", "v9/x"):
        for method in ("GET", "PUT", "DELETE"):
            yield Request(f"{method} {path}", method, path, b"{}")


HEADS: tuple[bytes, ...] = (
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /face/v1.2/persongroups HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /face/v1.2/detect HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
    b"POST /face/v1.2/detect HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    b"POST /face/v1.2/detect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 5\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    b"POST /face/v1.2/detect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /face/v1.2/detect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"FFFFFFFFFFFFFFFF\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /%ff%fe%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: \xff\xfe\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n folded: 1\r\n\r\n",
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"GET " + b"/a" * 8_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 101 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 20_000,
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
    b"A" * 100_000,
    b"\0" * 10_000,
)
"""What no ordinary client sends; each is answered below 500, or the connection is closed."""
