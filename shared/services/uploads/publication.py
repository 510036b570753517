"""Publication: writes the result of an upload after its analysis."""

from __future__ import annotations

import logging

from shared.domain.errors import BlobChanged
from shared.services.uploads.analysis import Analysis
from shared.services.uploads.enrolment.verdicts import EnrolmentVerdicts
from shared.services.uploads.growth import UploadGrowth
from shared.services.uploads.named_results import NamedResults
from shared.services.uploads.results import encode_result, result_metadata, result_name
from shared.storage.account.blobs import ABSENT, BlobProperties, BlobStore
from shared.storage.layout import RESULTS, UPLOADS
from shared.storage.records.ingestions import Ingestion, IngestionRecords

_log = logging.getLogger(__name__)


class ResultPublication:
    """Writes results, indexes what they name, and watches uploads that may grow."""

    def __init__(
        self,
        records: IngestionRecords,
        named: NamedResults,
        blobs: BlobStore,
        growth: UploadGrowth,
        enrolment: EnrolmentVerdicts,
    ) -> None:
        self._records = records
        self._named = named
        self._blobs = blobs
        self._growth = growth
        self._enrolment = enrolment

    def publish(self, upload: BlobProperties, analysis: Analysis, ingestion: Ingestion) -> bool:
        """Write the result in place of the one that existed before this ingestion.

        Returns:
            False if the upload was overwritten or deleted: its result would be stale.

        Raises:
            BlobChanged: another worker wrote a result meanwhile; a retry resolves it.
        """
        self._growth.watch(upload)
        if not self._write(upload, analysis, ingestion):
            # Its faces are kept until they expire: a concurrent upload of the same bytes may use
            # them.
            _log.info("upload changed during ingestion")
            return False
        group, persons = analysis.group, analysis.persons
        if group is not None and persons:
            self._named.confirm(group, result_name(upload.name), persons)
        if analysis.face is not None and not self._enrolment.is_stored(analysis.face):
            self._named.erase(analysis.face.collection.incarnation, [analysis.face.face_id])
        self._records.finish(ingestion)
        result = analysis.result
        _log.info(
            "ingested",
            extra={"status": result.status, "faces": len(result.faces), "bytes": upload.size},
        )
        return True

    def _write(self, upload: BlobProperties, analysis: Analysis, ingestion: Ingestion) -> bool:
        if ingestion.is_first:
            try:
                return self._replace(upload, analysis, ingestion, expected=ABSENT)
            except BlobChanged:
                _log.info("an earlier version of the upload has a result")
        existing = self._blobs.properties(RESULTS, result_name(upload.name))
        expected = ABSENT if existing is None else existing.etag
        return self._replace(upload, analysis, ingestion, expected=expected)

    def _replace(
        self, upload: BlobProperties, analysis: Analysis, ingestion: Ingestion, *, expected: str
    ) -> bool:
        name, result, group = result_name(upload.name), analysis.result, analysis.group
        current = self._blobs.properties(UPLOADS, upload.name)
        if current is None or current.etag != upload.etag:
            return False
        if group is not None:
            self._named.remember(group, name, analysis.named)
        self._blobs.write(
            RESULTS,
            name,
            encode_result(result),
            metadata=result_metadata(upload, ingestion, result),
            content_type="application/json",
            expected=expected,
        )
        return True
