"""Uploads that grow without an event: append blobs, and files that begin empty.

Event Grid reports that such a blob was created, not what is appended later. Each ingested version
is therefore checked again by a delayed message, until the blob has a newer version, which has its
own message, or has not been written to for an hour. An incomplete image may have faces or none, so
that both results are checked.
"""

from __future__ import annotations

from shared.domain.clock import Clock
from shared.domain.limits import MINIMUM_IMAGE_BYTES
from shared.services.messages import UploadMessage, encode
from shared.services.queue_policy import UPLOAD_COMPLETE_AFTER, UPLOAD_GROWS, is_older
from shared.storage.account.blobs import BlobProperties, BlobStore
from shared.storage.account.queues import QueueSender
from shared.storage.layout import UPLOADS, UPLOADS_QUEUE


class UploadGrowth:
    """Checks uploads again that may have been incomplete.

    The messages of a version form a chain: ingesting a version starts it, and it ends when the
    version is replaced.
    """

    def __init__(self, blobs: BlobStore, queues: QueueSender, clock: Clock) -> None:
        self._blobs = blobs
        self._queues = queues
        self._clock = clock

    def watch(self, upload: BlobProperties) -> None:
        """Send a message about a version of an upload, if it may still grow."""
        may_grow = upload.appendable or upload.size < MINIMUM_IMAGE_BYTES
        if may_grow and not is_older(upload.modified, UPLOAD_COMPLETE_AFTER, self._clock.now()):
            message = encode(UploadMessage(upload.name, upload.etag))
            self._queues.send(UPLOADS_QUEUE, message, delay=int(UPLOAD_GROWS.total_seconds()))

    def has_grown(self, message: UploadMessage) -> bool:
        """Whether an upload was written to since the message; if not, another message is sent."""
        upload = self._blobs.properties(UPLOADS, message.name)
        if upload is None:
            return False
        if upload.etag != message.etag:
            return True
        self.watch(upload)
        return False
