"""Deletes old data: uploads, results, and expired documents that the database leaves."""

from __future__ import annotations

import logging
from datetime import timedelta

from shared.domain.clock import Clock
from shared.domain.errors import Unavailable
from shared.storage.account.blobs import BlobStore
from shared.storage.documents.store import DocumentStore
from shared.storage.layout import RESULTS, UPLOADS

_log = logging.getLogger(__name__)

_OUTAGE = 3
"""Consecutive failures of storage after which the sweep ends."""


class Housekeeping:
    """Sweeps the database and the storage account.

    Args:
        upload_days: age at which uploads and results are deleted.
    """

    def __init__(
        self, store: DocumentStore, blobs: BlobStore, clock: Clock, *, upload_days: int
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._upload_days = upload_days

    def sweep(self) -> None:
        """Delete what has expired.

        A blob that is protected by a lease or a policy is kept until a later round and does not
        delay the others.

        Raises:
            Unavailable: storage failed for several consecutive blobs.
        """
        documents = self._store.sweep_expired()
        if not self._store.erase_deleted():
            _log.warning("deleted documents stay in the store's files until the next round")
        oldest = self._clock.now() - timedelta(days=self._upload_days)
        blobs = kept = in_a_row = 0
        for container in (UPLOADS, RESULTS):
            for blob in self._blobs.listing(container):
                if blob.modified >= oldest:
                    continue
                try:
                    blobs += self._blobs.delete(container, blob.name)
                    in_a_row = 0
                except Unavailable:
                    kept += 1
                    in_a_row += 1
                    if in_a_row == _OUTAGE:
                        raise
        if kept:
            _log.warning("blobs could not be deleted", extra={"blobs": kept})
        _log.info("swept", extra={"documents": documents, "blobs": blobs})
