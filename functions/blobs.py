"""Uploads: an Event Grid event of the container `uploads` ingests the blob."""

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
    """Detect and embed the faces of an upload; what fails is tried again by the host."""
    root().uploads.ingestion.ingest(upload.blob_name)
