"""Uploads over HTTP, for callers without a key of the storage account."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.lineament.uploads import UploadAnswer, UploadResultAnswer, UploadsAnswer
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.uploads import (
    upload_answer,
    upload_metadata,
    upload_name,
    upload_result_answer,
    upload_status,
    uploads_answer,
)
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)

_UPLOADS = "uploads"
_UPLOAD = _UPLOADS + "/{*name}"


@routes.operation(
    "GET",
    _UPLOADS,
    summary="List uploads with their status, in order of name.",
    query=(own.UPLOAD_STATUS, own.CONTINUATION, own.TOP),
    answers=UploadsAnswer,
)
def list_uploads(call: Call) -> Answer:
    """List uploads."""
    page = root().uploads.inbox.page(
        top=call.arguments[own.TOP],
        continuation=call.arguments[own.CONTINUATION],
        status=upload_status(call),
    )
    return Answer(uploads_answer(page))


# The names of these functions sort after `list_uploads`: see `binding.catch_all_name`.


@routes.operation(
    "GET", _UPLOAD, summary="Read an upload with its result.", answers=UploadResultAnswer
)
def upload_read(call: Call) -> Answer:
    """Read an upload."""
    return Answer(upload_result_answer(root().uploads.inbox.get(upload_name(call))))


@routes.operation(
    "PUT",
    _UPLOAD,
    summary="Upload an image, to be ingested like one in the storage account.",
    query=own.UPLOAD_OPTIONS,
    takes_bytes=True,
    answers=UploadAnswer,
    success=201,
)
def upload_write(call: Call) -> Answer:
    """Store an upload."""
    name, metadata = upload_name(call), upload_metadata(call)
    upload, is_new = root().uploads.inbox.put(name, call.image_bytes(), metadata)
    return Answer(upload_answer(upload), status=201 if is_new else 200)


@routes.operation("DELETE", _UPLOAD, summary="Delete an upload and its result.")
def upload_delete(call: Call) -> Answer:
    """Delete an upload."""
    root().uploads.inbox.delete(upload_name(call))
    return Answer()
