"""Uploads over HTTP: lists them with their status, stores, reads and deletes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.errors import BadArgument, UploadNotFound
from shared.domain.models import RECOGNITION_MODELS
from shared.domain.requests import UploadStatus
from shared.services.uploads.enrolment.enrolment import checked_name
from shared.services.uploads.options import parse_upload_options
from shared.services.uploads.results import UploadResult, decode_result, result_name
from shared.services.uploads.unknown_faces import IgnoredFaces, UnknownFaces
from shared.storage.account.blobs import BlobProperties, BlobStore
from shared.storage.layout import RESULTS, UPLOADS
from shared.storage.records.enrolment_uploads import is_enrolment
from shared.storage.records.ingestions import IngestionRecords

_LONGEST_NAME = 1_000
"""Azure allows 1,024 characters; the name of the result is longer."""
_LONGEST_SEGMENT = 250
_MOST_LISTED = 200
"""Maximum number of uploads whose results one call reads."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload and its status; with its result if a single upload is read."""

    blob: BlobProperties
    status: UploadStatus
    result: UploadResult | None = None


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Some uploads in order of name; ``continuation`` is None after the last page."""

    uploads: Sequence[Upload]
    continuation: str | None


class UploadInbox:
    """Uploads and their results.

    Args:
        records: knows the versions of an upload that keep the result of an earlier one.
    """

    def __init__(
        self,
        blobs: BlobStore,
        records: IngestionRecords,
        recognition_models: tuple[str, ...] = RECOGNITION_MODELS,
        unknown_faces: UnknownFaces | None = None,
    ) -> None:
        self._blobs = blobs
        self._records = records
        self._recognition_models = recognition_models
        self._unknown_faces = unknown_faces or IgnoredFaces()

    def page(
        self, *, top: int, continuation: str | None = None, status: UploadStatus | None = None
    ) -> UploadPage:
        """Some uploads with a status, None for any; reads at most 200 uploads.

        A page may therefore have fewer than ``top`` uploads, or none, and not be the last.

        Raises:
            BadArgument: the continuation is invalid.
        """
        found = self._blobs.page(UPLOADS, top=min(top, _MOST_LISTED), continuation=continuation)
        uploads = [Upload(blob, self._status(blob)) for blob in found.blobs]
        return UploadPage(
            [one for one in uploads if status in (None, one.status)], found.continuation
        )

    def get(self, name: str) -> Upload:
        """An upload with its result, if there is one.

        Raises:
            UploadNotFound: there is no such upload.
        """
        blob = self._blobs.properties(UPLOADS, name) if _is_name(name) else None
        if blob is None:
            raise UploadNotFound
        result = self._result(blob)
        return Upload(blob, _status_of(result), result)

    def put(self, name: str, content: bytes, metadata: Mapping[str, str]) -> tuple[Upload, bool]:
        """Store an upload, which is then ingested; returns it and whether the name was new.

        Args:
            content: the image.
            metadata: options as in a blob's metadata; names in lower case.

        Raises:
            BadArgument: the name or an option is invalid.
        """
        if not _is_name(name):
            raise BadArgument(
                f"The upload's name is invalid. Use 1 to {_LONGEST_NAME} characters, in segments"
                f" of at most {_LONGEST_SEGMENT}, that do not end with a dot."
            )
        parse_upload_options(metadata, self._recognition_models)
        if is_enrolment(name):
            checked_name(name)
        known = self._blobs.properties(UPLOADS, name)
        self._blobs.write(UPLOADS, name, content, metadata=metadata)
        blob = self._blobs.properties(UPLOADS, name)
        if blob is None:
            raise UploadNotFound
        return Upload(blob, UploadStatus.PENDING), known is None

    def delete(self, name: str) -> None:
        """Delete an upload, its result and its unknown faces.

        A call that failed half-way may be repeated: it deletes what is left.

        Raises:
            UploadNotFound: there is neither such an upload nor a result of one.
        """
        if not _is_name(name):
            raise UploadNotFound
        found = self._blobs.delete(UPLOADS, name)
        self._unknown_faces.forget(name)
        # Last, so that a repetition finds something as long as anything is left.
        if not self._blobs.delete(RESULTS, result_name(name)) and not found:
            raise UploadNotFound

    def _status(self, blob: BlobProperties) -> UploadStatus:
        result = self._blobs.properties(RESULTS, result_name(blob.name))
        if result is None or not self._is_of(blob, result.metadata.get("source_etag")):
            return UploadStatus.PENDING
        status = result.metadata.get("status")
        # Results that earlier versions of the service wrote have no status in their metadata.
        return UploadStatus(status) if status else _status_of(self._result(blob))

    def _result(self, blob: BlobProperties) -> UploadResult | None:
        """The result of the current version of an upload."""
        content = self._blobs.read(RESULTS, result_name(blob.name))
        result = None if content is None else decode_result(content)
        return result if result is not None and self._is_of(blob, result.etag) else None

    def _is_of(self, blob: BlobProperties, etag: str | None) -> bool:
        """Whether a result is valid for this version of an upload: its own, or the same image's."""
        return etag == blob.etag or self._records.is_repeat(blob.name, blob.etag)


def _status_of(result: UploadResult | None) -> UploadStatus:
    return UploadStatus.PENDING if result is None else result.status


def _is_name(name: str) -> bool:
    """Whether Azure Storage and its emulator accept a blob's name unchanged."""
    segments = name.split("/")
    return (
        0 < len(name) <= _LONGEST_NAME
        and name.isprintable()
        and "\\" not in name
        and all(
            0 < len(segment) <= _LONGEST_SEGMENT and not segment.endswith(".")
            for segment in segments
        )
    )
