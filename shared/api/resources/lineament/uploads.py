"""Converts uploads between the wire and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shared.api.bodies.lineament.uploads import UploadAnswer, UploadResultAnswer, UploadsAnswer
from shared.api.bodies.wire import wire_time
from shared.api.call import Call
from shared.api.resources.lineament import parameters as own
from shared.domain.errors import MethodNotAllowed
from shared.domain.requests import UploadStatus

if TYPE_CHECKING:
    from shared.services.uploads.inbox import Upload, UploadPage


def upload_name(call: Call) -> str:
    """The name in the path, which may have slashes.

    Raises:
        MethodNotAllowed: there is none; the route also matches the path of the list.
    """
    name = call.request.route.get("name")
    if not name:
        raise MethodNotAllowed(["GET"])
    return name


def upload_status(call: Call) -> UploadStatus | None:
    """The status to list; None for any."""
    status = call.arguments[own.UPLOAD_STATUS]
    return None if status == own.UPLOAD_STATUS.default else UploadStatus(status)


def upload_metadata(call: Call) -> dict[str, str]:
    """The metadata of an upload, from the query."""
    given = {one.name.lower(): call.arguments[one] for one in own.UPLOAD_OPTIONS}
    return {name: value for name, value in given.items() if value is not None}


def upload_answer(upload: Upload) -> UploadAnswer:
    """The wire form of an upload."""
    blob = upload.blob
    return UploadAnswer(blob.name, blob.size, wire_time(blob.modified), blob.etag, upload.status)


def upload_result_answer(upload: Upload) -> UploadResultAnswer:
    """The wire form of an upload with its result."""
    blob = upload.blob
    return UploadResultAnswer(
        blob.name,
        blob.size,
        wire_time(blob.modified),
        blob.etag,
        upload.status,
        None if upload.result is None else msgspec.to_builtins(upload.result),
    )


def uploads_answer(page: UploadPage) -> UploadsAnswer:
    """The wire form of a page."""
    return UploadsAnswer([upload_answer(one) for one in page.uploads], page.continuation)
