"""The results of uploads to enrol."""

from __future__ import annotations

from shared.domain.errors import InvalidInput, QuotaExceeded
from shared.domain.models import RECOGNITION_MODELS
from shared.domain.requests import UploadStatus
from shared.services.training.quiet_training import TrainingWhenQuiet
from shared.services.uploads.analysis import Analysis
from shared.services.uploads.content import check_size, decoded_content
from shared.services.uploads.enrolment.enrolment import Enrolled, UploadEnrolment
from shared.services.uploads.options import parse_upload_options
from shared.services.uploads.results import Reason, ResultEnrolment, UploadResult, rejected
from shared.storage.account.blobs import BlobProperties


class EnrolmentVerdicts:
    """Enrols uploads, and requests trainings of their collections once no more arrive."""

    def __init__(
        self,
        enrolment: UploadEnrolment,
        training: TrainingWhenQuiet,
        recognition_models: tuple[str, ...] = RECOGNITION_MODELS,
    ) -> None:
        self._enrolment = enrolment
        self._training = training
        self._recognition_models = recognition_models

    def analysis(self, upload: BlobProperties, content: bytes, *, repeated: bool) -> Analysis:
        """Enrol an upload; one that cannot be enrolled gives a rejection.

        Args:
            content: the stored bytes.
            repeated: whether a result of this upload has been written.

        Raises:
            ConcurrentOperation: other requests interfered at every attempt.
        """
        names = False
        try:
            check_size(upload)
            options = parse_upload_options(upload.metadata, self._recognition_models)
            names = options.names
            image = decoded_content(content, upload.encoding)
            face = self._enrolment.enrol(upload, image, options, repeated=repeated)
        except (InvalidInput, QuotaExceeded) as error:
            reason = Reason.of(error, names=names)
            return Analysis(rejected(upload, reason), self._enrolment.collection_of(upload.name))
        if not repeated:
            self._training.enrolled(face.collection)
        result = UploadResult(
            upload.name, upload.etag, UploadStatus.SUCCEEDED, enrolled=_named(face)
        )
        return Analysis(result, face.collection, face)

    def is_stored(self, enrolled: Enrolled) -> bool:
        """Whether an enrolled face still exists."""
        return self._enrolment.is_stored(enrolled)


def _named(face: Enrolled) -> ResultEnrolment:
    key = face.collection.key
    return ResultEnrolment(f"{key.kind.segment}/{key.collection_id}", face.face_id, face.person_id)
