"""The result of an upload, as the JSON blob that the uploader reads."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared.domain.errors import LineamentError
from shared.domain.values import Candidate, DetectedFace
from shared.storage.account.blobs import BlobProperties
from shared.storage.records.ingestions import Ingestion

DETECTION_PIPELINE = "1"
"""Raised when the same photograph would give other faces; part of what makes an ingestion new."""


class Reason(msgspec.Struct, frozen=True):
    """Why something was not done."""

    code: str
    message: str

    @classmethod
    def of(cls, error: LineamentError) -> Reason:
        """The reason that an error gives."""
        return cls(error.error_code, error.message)


class ResultRectangle(msgspec.Struct, frozen=True):
    """A face's place, in pixels of the upright picture."""

    top: int
    left: int
    width: int
    height: int


class ResultCandidate(msgspec.Struct, frozen=True, rename="camel"):
    """A person that a face may be."""

    person_id: str
    confidence: float


class ResultFace(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A face on the photograph; candidates only where a group was named."""

    face_id: str
    face_rectangle: ResultRectangle
    candidates: list[ResultCandidate] | None = None

    @classmethod
    def of(cls, face: DetectedFace, candidates: Sequence[Candidate] | None) -> ResultFace:
        """The face as the uploader reads it."""
        place = face.rectangle
        return cls(
            face.face_id,
            ResultRectangle(place.top, place.left, place.width, place.height),
            None
            if candidates is None
            else [ResultCandidate(one.person_id, one.confidence) for one in candidates],
        )


class UploadResult(msgspec.Struct, frozen=True, rename="camel"):
    """What came of an upload. ``status`` is ``succeeded`` or ``rejected``; etag is unquoted."""

    blob: str
    etag: str
    status: str
    reason: Reason | msgspec.UnsetType = msgspec.UNSET
    identify_error: Reason | msgspec.UnsetType = msgspec.UNSET
    faces: list[ResultFace] = msgspec.field(default_factory=list)


def encode_result(result: UploadResult) -> bytes:
    """The result as JSON."""
    return msgspec.json.encode(result)


def result_name(upload: str) -> str:
    """The name of an upload's result in the results container."""
    return f"{upload}.json"


def result_metadata(upload: BlobProperties, ingestion: Ingestion) -> dict[str, str]:
    """What tells the reconcile timer, and a repeated upload, which upload a result is of."""
    return {
        "source_etag": upload.etag,
        "ingestion": ingestion.key.digest,
        "pipeline": DETECTION_PIPELINE,
    }
