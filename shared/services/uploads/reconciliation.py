"""Reconciliation: ingests uploads whose event was lost."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shared.domain.clock import Clock
from shared.domain.errors import Unavailable
from shared.services.queue_policy import UPLOAD_RECONCILED_FOR
from shared.services.uploads.ingestion import UploadIngestion
from shared.services.uploads.results import DETECTION_PIPELINE, result_name
from shared.storage.account.blobs import BlobProperties, BlobStore
from shared.storage.layout import RESULTS, UPLOADS

_log = logging.getLogger(__name__)

_YOUNGEST = timedelta(minutes=5)
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_OUTAGE = 3
"""Consecutive failures of storage after which the round ends."""


class Reconciliation:
    """Compares uploads between 5 minutes and 24 hours old with their results."""

    def __init__(self, ingestion: UploadIngestion, blobs: BlobStore, clock: Clock) -> None:
        self._ingestion = ingestion
        self._blobs = blobs
        self._clock = clock

    def reconcile(self) -> int:
        """Ingest uploads without a result; returns their number.

        After a failure the other uploads are still ingested, and the next round tries the failed
        one again, until its attempts are used up.

        Raises:
            Unavailable: storage failed for several consecutive uploads.
        """
        missed = failed = unavailable = 0
        for upload in self._unfinished():
            try:
                if not self._ingestion.is_settled(upload):
                    missed += self._ingestion.ingest(upload.name)
                unavailable = 0
            except Unavailable:
                failed += 1
                unavailable += 1
                if unavailable == _OUTAGE:
                    raise
            except Exception:  # noqa: BLE001 - logged; an unusable upload must not stop those after it
                failed += 1
                _log.exception("an upload failed")
        if missed or failed:
            _log.warning("uploads had no event", extra={"uploads": missed, "failed": failed})
        return missed

    def _unfinished(self) -> Sequence[BlobProperties]:
        """Due uploads without a result, except those whose events are probably still queued.

        Events arrive roughly in the order of the uploads. While results are being written, an
        upload counts as missed only if a more recent one has its result.
        """
        now = self._clock.now()
        results = self._results_since(now - UPLOAD_RECONCILED_FOR)
        done = {result.name: result.metadata.get("source_etag", "") for result in results}
        is_busy = any(result.modified > now - _YOUNGEST for result in results)
        due: list[BlobProperties] = []
        latest = _BEFORE_ALL
        for upload in self._blobs.listing(UPLOADS):
            if done.get(result_name(upload.name)) == upload.etag:
                latest = max(latest, upload.modified)
            elif _is_due(now - upload.modified):
                due.append(upload)
        if not is_busy:
            return due
        return [one for one in due if one.modified < latest or one.modified > now]

    def _results_since(self, moment: datetime) -> Sequence[BlobProperties]:
        return [
            result
            for result in self._blobs.listing(RESULTS, with_metadata=True)
            if result.modified >= moment and _is_current(result)
        ]


def _is_due(age: timedelta) -> bool:
    """Whether an event should have arrived; a negative age means that the clock was set back."""
    return _YOUNGEST <= age <= UPLOAD_RECONCILED_FOR or age <= -_YOUNGEST


def _is_current(result: BlobProperties) -> bool:
    return result.metadata.get("pipeline") == DETECTION_PIPELINE
