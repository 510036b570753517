"""JSON bodies of uploads."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from shared.api.bodies.members import Time
from shared.api.bodies.wire import Wire

_Status = Annotated[
    str, msgspec.Meta(extra_json_schema={"enum": ["pending", "succeeded", "rejected"]})
]


class UploadAnswer(Wire, frozen=True):
    """An uploaded image; pending until its result is written."""

    name: str
    size: int
    modified: Time
    etag: str
    status: _Status


class UploadResultAnswer(Wire, frozen=True):
    """An uploaded image with its result, as docs/operate.md describes it."""

    name: str
    size: int
    modified: Time
    etag: str
    status: _Status
    result: dict[str, Any] | None = None


class UploadsAnswer(Wire, frozen=True):
    """Some uploads in order of name; without a continuation it is the last page."""

    uploads: list[UploadAnswer]
    continuation: str | None = None
