"""Queue triggers: trainings, purges, erasures, uploads that grow, searches for duplicates.

A message may be delivered more than once; after an exception the host delivers it again.
"""

from __future__ import annotations

import azure.functions as func
import msgspec

from shared.composition.container import root
from shared.services.messages import (
    DuplicatesMessage,
    ErasureMessage,
    PurgeMessage,
    TrainingMessage,
    UploadMessage,
)
from shared.storage.layout import (
    DUPLICATES_QUEUE,
    ERASURE_QUEUE,
    PURGE_QUEUE,
    TRAINING_QUEUE,
    UPLOADS_QUEUE,
)

blueprint = func.Blueprint()

_CONNECTION = "AzureWebJobsStorage"


@blueprint.function_name("train_collection")
@blueprint.queue_trigger(arg_name="message", queue_name=TRAINING_QUEUE, connection=_CONNECTION)
def train_collection(message: func.QueueMessage) -> None:
    """Execute a training run, or request one that waits for the end of enrolments."""
    wanted = msgspec.json.decode(message.get_body(), type=TrainingMessage)
    if wanted.run:
        root().training.runs.run(wanted)
    else:
        root().training.when_quiet.check(wanted)


@blueprint.function_name("purge_collection")
@blueprint.queue_trigger(arg_name="message", queue_name=PURGE_QUEUE, connection=_CONNECTION)
def purge_collection(message: func.QueueMessage) -> None:
    """Delete what remains of a deleted collection."""
    root().deletion.purge.run(msgspec.json.decode(message.get_body(), type=PurgeMessage))


@blueprint.function_name("erase_deleted")
@blueprint.queue_trigger(arg_name="message", queue_name=ERASURE_QUEUE, connection=_CONNECTION)
def erase_deleted(message: func.QueueMessage) -> None:
    """Finish the deletions inside a collection."""
    root().deletion.erasure.run(msgspec.json.decode(message.get_body(), type=ErasureMessage))


@blueprint.function_name("ingest_grown_upload")
@blueprint.queue_trigger(arg_name="message", queue_name=UPLOADS_QUEUE, connection=_CONNECTION)
def ingest_grown_upload(message: func.QueueMessage) -> None:
    """Ingest an upload again that was incomplete, if it has grown."""
    upload = msgspec.json.decode(message.get_body(), type=UploadMessage)
    root().uploads.ingestion.ingest_grown(upload)


@blueprint.function_name("search_duplicates")
@blueprint.queue_trigger(arg_name="message", queue_name=DUPLICATES_QUEUE, connection=_CONNECTION)
def search_duplicates(message: func.QueueMessage) -> None:
    """Run a search for duplicates."""
    wanted = msgspec.json.decode(message.get_body(), type=DuplicatesMessage)
    root().discovery.duplicate_searches.run(wanted)
