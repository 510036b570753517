"""JSON bodies of uploads."""

from __future__ import annotations

from typing import Any

from shared.api.bodies.members import Time
from shared.api.bodies.wire import Wire
from shared.domain.requests import UploadStatus


class UploadAnswer(Wire, frozen=True):
    """An uploaded image; pending until its result is written."""

    name: str
    size: int
    modified: Time
    etag: str
    status: UploadStatus


class UploadResultAnswer(Wire, frozen=True):
    """An uploaded image with its result, as docs/operate.md describes it."""

    name: str
    size: int
    modified: Time
    etag: str
    status: UploadStatus
    result: dict[str, Any] | None = None


class UploadsAnswer(Wire, frozen=True):
    """Some uploads in order of name; without a continuation it is the last page."""

    uploads: list[UploadAnswer]
    continuation: str | None = None
