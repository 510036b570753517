"""The documented shape of error responses, and resources to provoke them with."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.end_to_end.service import RunningService

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
"""A UUID that identifies nothing."""

LONGEST_MESSAGE = 1_000
"""Characters, whatever the request holds."""

SEGMENTS = {
    "persongroups": "PersonGroup",
    "largepersongroups": "LargePersonGroup",
    "facelists": "FaceList",
    "largefacelists": "LargeFaceList",
    "dynamicpersongroups": "DynamicPersonGroup",
}


def refused(answer: Any, *statuses: int) -> dict[str, str]:
    """The error of a response, after a check of its status and documented shape."""
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert uuid.UUID(answer.headers["apim-request-id"])
    body = answer.json()
    assert set(body) == {"error"}
    assert {"code", "message"} <= set(body["error"])
    error: dict[str, str] = body["error"]
    assert len(error["message"]) <= LONGEST_MESSAGE
    return error


@contextmanager
def places(service: RunningService) -> Iterator[None]:
    """Create one empty collection of each kind with the id ``there``."""
    for segment in SEGMENTS:
        service.ok("PUT", f"{segment}/there", {"name": "there"})
    yield
    for segment in SEGMENTS:
        service.ok("DELETE", f"{segment}/there")
