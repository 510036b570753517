"""Ingestion: computes the result of an uploaded image, once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from msgspec import UNSET

from shared.domain.clock import Clock
from shared.domain.errors import (
    BadArgument,
    Conflict,
    InvalidInput,
    LineamentError,
    Unavailable,
)
from shared.domain.face.unknowns import UploadVersion
from shared.domain.identifiers import derived_id
from shared.domain.limits import MAXIMUM_IMAGE_BYTES, MINIMUM_IMAGE_BYTES
from shared.domain.models import RECOGNITION_MODELS
from shared.domain.requests import DetectionOptions, UploadStatus
from shared.domain.values import DetectedFace, SeenFace
from shared.services.messages import UploadMessage
from shared.services.recognition.identification import Identification
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.services.uploads.analysis import Analysis
from shared.services.uploads.content import check_size, decoded_content
from shared.services.uploads.enrolment.verdicts import EnrolmentVerdicts
from shared.services.uploads.group_search import GroupSearch
from shared.services.uploads.growth import UploadGrowth
from shared.services.uploads.named_results import NamedResults
from shared.services.uploads.options import UploadOptions, parse_upload_options
from shared.services.uploads.publication import ResultPublication
from shared.services.uploads.results import (
    DETECTION_PIPELINE,
    Reason,
    ResultFace,
    UploadResult,
    is_lasting,
    rejected,
    result_name,
)
from shared.services.uploads.unknown_faces import IgnoredFaces, UnknownFaces
from shared.storage.account.blobs import BlobProperties, BlobStore, OpenedBlob
from shared.storage.layout import RESULTS, UPLOADS
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.people import People
from shared.storage.records.detected_faces import DetectedFaces
from shared.storage.records.enrolment_uploads import is_enrolment
from shared.storage.records.ingestions import (
    Ingestion,
    IngestionKey,
    IngestionRecords,
    ingestion_key,
)

_log = logging.getLogger(__name__)

_ENROLMENT_LIFETIME = 10 * 365 * 86_400
"""Seconds; in effect for ever, because an enrolled face does not expire."""

MAXIMUM_ATTEMPTS = 5
"""The host's deliveries of one event; the last writes a result, so that no message is poisoned."""


class UploadIngestion:
    """Ingests uploads. Calls may be repeated, late, or for an upload that no longer exists."""

    def __init__(
        self,
        image_analysis: ImageAnalysis,
        detected_faces: DetectedFaces,
        identification: Identification,
        collections: CollectionRecords,
        people: People,
        records: IngestionRecords,
        named: NamedResults,
        blobs: BlobStore,
        clock: Clock,
        growth: UploadGrowth,
        enrolment: EnrolmentVerdicts,
        recognition_models: tuple[str, ...] = RECOGNITION_MODELS,
        unknown_faces: UnknownFaces | None = None,
    ) -> None:
        self._enrolment = enrolment
        self._image_analysis = image_analysis
        self._detected_faces = detected_faces
        self._group_search = GroupSearch(identification, people)
        self._collections = collections
        self._records = records
        self._publication = ResultPublication(records, named, blobs, growth, enrolment)
        self._blobs = blobs
        self._clock = clock
        self._growth = growth
        self._recognition_models = recognition_models
        self._unknown_faces = unknown_faces or IgnoredFaces()

    def ingest(self, name: str) -> bool:
        """Write the result of an upload, unless it exists already or the upload was deleted.

        An upload that is written again with the same bytes keeps its result until its faceIds
        expire, unless it was rejected or its faces could not be identified.

        An invalid image gives a ``rejected`` result, and so does one whose analysis failed in all
        ``MAXIMUM_ATTEMPTS``, across retries and restarts. Exceptions are faults of the
        infrastructure or failed attempts, which the caller must retry.

        Returns:
            Whether a result was written.
        """
        opened = self._blobs.open(UPLOADS, name, most=MAXIMUM_IMAGE_BYTES)
        if opened is None:
            return False
        upload, content = opened.properties, _content(opened)
        ingestion = self._begin(upload, content)
        if ingestion is None:
            if upload.appendable and not self._is_examined(upload):
                self._growth.watch(upload)
            self._records.note_repeat(upload.name, upload.etag)
            return False
        analysis = self._attempt(upload, content, ingestion)
        try:
            return self._publication.publish(upload, analysis, ingestion)
        except Exception:
            self._records.take_back_attempt(ingestion)
            raise

    def ingest_grown(self, message: UploadMessage) -> bool:
        """Ingest an incomplete upload again if it has grown; see ``ingest``."""
        return self._growth.has_grown(message) and self.ingest(message.name)

    def is_settled(self, upload: BlobProperties) -> bool:
        """Whether the existing result is known to be valid for this version of an upload."""
        return (
            self._records.is_repeat(upload.name, upload.etag)
            and self._result_of(upload) is not None
        )

    def _is_examined(self, upload: BlobProperties) -> bool:
        """Whether this version of an upload has been ingested, or found to be a repeat."""
        result = self._result_of(upload)
        source = None if result is None else result.metadata.get("source_etag")
        return source == upload.etag or self._records.is_repeat(upload.name, upload.etag)

    def _result_of(self, upload: BlobProperties) -> BlobProperties | None:
        """The existing result of an upload, of any version."""
        return self._blobs.properties(RESULTS, result_name(upload.name))

    def _attempt(self, upload: BlobProperties, content: bytes, ingestion: Ingestion) -> Analysis:
        """The result, or a rejection if every attempt failed."""
        if ingestion.attempts > MAXIMUM_ATTEMPTS:
            return _given_up(upload)
        try:
            if is_enrolment(upload.name):
                return self._enrolment.analysis(upload, content, repeated=ingestion.repeated)
            return self._result(upload, content, ingestion)
        except (Unavailable, Conflict):
            self._records.take_back_attempt(ingestion)
            raise
        except Exception:
            if ingestion.attempts < MAXIMUM_ATTEMPTS:
                raise
            _log.exception("an upload is given up", extra={"attempts": ingestion.attempts})
            return _given_up(upload)

    def _begin(self, upload: BlobProperties, content: bytes) -> Ingestion | None:
        """The ingestion to execute; None if its result exists and its faceIds have not expired."""
        key = ingestion_key(upload.name, content, _relevant(upload))
        current = self._records.find(key)
        now = self._clock.now()
        if current is not None and current.expires > now:
            if current.done and self._is_shown(upload, key):
                return None
            return self._records.begin_attempt(current)
        lifetime = timedelta(seconds=self._lifetime(upload))
        return self._records.begin(key, previous=current, expires=now + lifetime)

    def _is_shown(self, upload: BlobProperties, key: IngestionKey) -> bool:
        """Whether the existing result comes from this ingestion and is still valid.

        An upload that is written again after a failure gets a new result.
        """
        result = self._result_of(upload)
        if result is None or result.metadata.get("ingestion") != key.digest:
            return False
        same_version = result.metadata.get("source_etag") == upload.etag
        return same_version or is_lasting(result.metadata)

    def _result(self, upload: BlobProperties, content: bytes, ingestion: Ingestion) -> Analysis:
        try:
            check_size(upload)
            options = parse_upload_options(upload.metadata, self._recognition_models)
            options = self._with_groups_model(options)
            seen = self._image_analysis.faces(
                decoded_content(content, upload.encoding),
                embed=True,
                recognition_model=options.detection.recognition_model,
                detection_model=options.detection.detection_model,
                attributes=self._unknown_faces.attributes,
                patient=True,
            )
        except InvalidInput as error:
            return Analysis(rejected(upload, Reason.of(error)))
        faces = self._remember(seen, options.detection, ingestion)
        found = self._group_search.identify(faces, options)
        if found.group is not None:
            version = UploadVersion(upload.name, upload.modified, ingestion.key.digest)
            self._unknown_faces.note(version, seen, found.candidates)
        result = UploadResult(
            upload.name,
            upload.etag,
            UploadStatus.SUCCEEDED,
            identify_error=UNSET if found.error is None else Reason.of(found.error),
            faces=[
                ResultFace.of(face, some, found.names)
                for face, some in zip(faces, found.of_faces(len(faces)), strict=True)
            ],
        )
        return Analysis(result, found.group)

    def _lifetime(self, upload: BlobProperties) -> int:
        """Lifetime of the result in seconds; the default if the metadata is invalid."""
        if is_enrolment(upload.name):
            return _ENROLMENT_LIFETIME
        try:
            return parse_upload_options(
                upload.metadata, self._recognition_models
            ).detection.time_to_live
        except BadArgument:
            return DetectionOptions().time_to_live

    def _with_groups_model(self, options: UploadOptions) -> UploadOptions:
        """The options with the group's recognition model, if the group exists."""
        group = None if options.group is None else self._collections.find(options.group)
        return options if group is None else options.for_model(group.recognition_model)

    def _remember(
        self, seen: Sequence[SeenFace], options: DetectionOptions, ingestion: Ingestion
    ) -> list[DetectedFace]:
        faces = [
            DetectedFace(
                face_id=derived_id(ingestion.namespace, str(number)),
                rectangle=face.detection.rectangle,
                embedding=face.embedding,
                recognition_model=options.recognition_model,
                detection_model=options.detection_model,
                expires=ingestion.expires,
            )
            for number, face in enumerate(seen)
            if face.embedding is not None
        ]
        known = self._detected_faces.add(faces)
        if known:
            # An earlier delivery of the same event stored the same faces.
            _log.info("faces are stored already", extra={"faces": len(known)})
        return faces


def _given_up(upload: BlobProperties) -> Analysis:
    message = f"The image could not be processed in {MAXIMUM_ATTEMPTS} attempts."
    reason = Reason(LineamentError.code, message)
    return Analysis(rejected(upload, reason))


def _content(opened: OpenedBlob) -> bytes:
    """The content; for a blob that is too large or too small, a text that identifies it."""
    upload = opened.properties
    if MINIMUM_IMAGE_BYTES <= upload.size <= MAXIMUM_IMAGE_BYTES:
        return opened.content
    return f"{upload.size} {upload.etag}".encode()


def _relevant(upload: BlobProperties) -> dict[str, str]:
    """The metadata and pipeline version that the result depends on."""
    relevant = {
        name: upload.metadata[name] for name in UploadOptions.NAMES if name in upload.metadata
    }
    if upload.encoding:
        relevant["encoding"] = upload.encoding
    if is_enrolment(upload.name):
        # An upload that is written again enrols what was deleted meanwhile again.
        relevant["etag"] = upload.etag
    return {**relevant, "pipeline": DETECTION_PIPELINE}
