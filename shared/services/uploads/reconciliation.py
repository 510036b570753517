"""Reconciliation: ingests uploads whose event was lost."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from shared.domain.clock import Clock
from shared.services.uploads.ingestion import UploadIngestion
from shared.services.uploads.results import DETECTION_PIPELINE, result_name
from shared.storage.account.blobs import BlobProperties, BlobStore
from shared.storage.layout import RESULTS, UPLOADS

_log = logging.getLogger(__name__)

_YOUNGEST = timedelta(minutes=5)
_OLDEST = timedelta(hours=24)


class Reconciliation:
    """Compares uploads between 5 minutes and 24 hours old with their results."""

    def __init__(self, ingestion: UploadIngestion, blobs: BlobStore, clock: Clock) -> None:
        self._ingestion = ingestion
        self._blobs = blobs
        self._clock = clock

    def reconcile(self) -> int:
        """Ingest uploads without a result; returns their number."""
        now = self._clock.now()
        done = self._done_since(now - _OLDEST)
        missed = 0
        for upload in self._blobs.listing(UPLOADS):
            due = _YOUNGEST <= now - upload.modified <= _OLDEST
            if due and done.get(result_name(upload.name)) != upload.etag:
                missed += self._ingestion.ingest(upload.name)
        if missed:
            _log.warning("uploads had no event", extra={"uploads": missed})
        return missed

    def _done_since(self, moment: datetime) -> dict[str, str]:
        """The upload's ETag for each result written since then."""
        return {
            result.name: result.metadata.get("source_etag", "")
            for result in self._blobs.listing(RESULTS, with_metadata=True)
            if result.modified >= moment and _is_current(result)
        }


def _is_current(result: BlobProperties) -> bool:
    return result.metadata.get("pipeline") == DETECTION_PIPELINE
