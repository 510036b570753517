"""Exports, imports and their lines."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np

from tests.end_to_end.service import RunningService

Line = dict[str, Any]
CONTINUATION = "Lineament-Continuation"
NOTHING = {"collections": 0, "persons": 0, "faces": 0, "members": 0}


def pages(service: RunningService, collection: str, **query: str) -> Iterator[list[Line]]:
    """The lines of each page."""
    while True:
        answer = service.call_own("GET", "archive", collection=collection, **query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/x-ndjson"
        yield [json.loads(line) for line in answer.content.splitlines()]
        if CONTINUATION not in answer.headers:
            return
        query["start"] = answer.headers[CONTINUATION]


def exported(service: RunningService, collection: str, **query: str) -> list[Line]:
    """All lines of a collection."""
    return [line for page in pages(service, collection, **query) for line in page]


def post(service: RunningService, collection: str, content: bytes | list[Line]) -> httpx.Response:
    """The response to an import."""
    if isinstance(content, list):
        content = b"".join(json.dumps(line).encode() + b"\n" for line in content)
    return service.client.post(
        "/lineament/v1/archive",
        params={"collection": collection},
        content=content,
        headers={"Content-Type": "application/x-ndjson"},
    )


def imported(service: RunningService, collection: str, lines: list[Line]) -> dict[str, Any]:
    """The counts of an import, which must succeed."""
    answer = post(service, collection, lines)
    assert answer.status_code == 200, answer.text
    counts: dict[str, Any] = answer.json()
    return counts


def named(kind: str) -> str:
    """A collection that does not exist."""
    return f"{kind}/{uuid.uuid4().hex}"


def head(**members: Any) -> Line:
    """The line of a collection."""
    return {
        "type": "collection",
        "format": "lineament-archive",
        "formatVersion": 1,
        "collection": "largepersongroups/staff",
        "name": "staff",
        "recognitionModel": "recognition_04",
        **members,
    }


def person(person_id: str, **members: Any) -> Line:
    """The line of a person."""
    return {"type": "person", "personId": person_id, "name": "Ada", **members}


def face(**members: Any) -> Line:
    """The line of a face with a made-up embedding."""
    vector = np.zeros(128, "<f4")
    vector[0] = 1
    return {
        "type": "face",
        "persistedFaceId": str(uuid.uuid4()),
        "embeddingModel": "sface_2021dec",
        "embedding": base64.b64encode(vector.tobytes()).decode(),
        **members,
    }
