"""Uploads: an Event Grid event for a blob in `uploads` triggers its ingestion."""

from __future__ import annotations

import azure.functions as func

from functions.blob_binding import UploadedBlob
from shared.composition.container import root
from shared.storage.layout import UPLOADS

blueprint = func.Blueprint()


@blueprint.function_name("ingest_upload")
@blueprint.blob_trigger(
    arg_name="upload",
    path=f"{UPLOADS}/{{name}}",
    connection="AzureWebJobsStorage",
    source=func.BlobSource.EVENT_GRID,
)
def ingest_upload(upload: UploadedBlob) -> None:
    """Ingest an upload; the host retries after an exception."""
    root().uploads.ingestion.ingest(upload.blob_name)
