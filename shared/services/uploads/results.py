"""The result of an upload: a JSON blob."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from shared.domain.errors import LineamentError
from shared.domain.values import Candidate, DetectedFace
from shared.storage.account.blobs import BlobProperties
from shared.storage.records.ingestions import Ingestion

DETECTION_PIPELINE = "2"
"""Incremented when the same image would give other faces; part of an ingestion's identity."""


_LONGEST_NAME = 1_024
"""Characters of a blob's name, in UTF-16 code units (Azure Storage's limit)."""


class Reason(msgspec.Struct, frozen=True):
    """Why an image was rejected, or identification failed."""

    code: str
    message: str

    @classmethod
    def of(cls, error: LineamentError) -> Reason:
        """Code and message of an error."""
        return cls(error.error_code, error.message)


class ResultRectangle(msgspec.Struct, frozen=True):
    """A face rectangle, in pixels of the upright image."""

    top: int
    left: int
    width: int
    height: int


class ResultCandidate(msgspec.Struct, frozen=True, rename="camel"):
    """A person proposed for a face."""

    person_id: str
    confidence: float


class ResultFace(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A face on the image; with candidates only if a group was named."""

    face_id: str
    face_rectangle: ResultRectangle
    candidates: list[ResultCandidate] | None = None

    @classmethod
    def of(cls, face: DetectedFace, candidates: Sequence[Candidate] | None) -> ResultFace:
        """The face as part of a result."""
        place = face.rectangle
        return cls(
            face.face_id,
            ResultRectangle(place.top, place.left, place.width, place.height),
            None
            if candidates is None
            else [ResultCandidate(one.person_id, one.confidence) for one in candidates],
        )


class UploadResult(msgspec.Struct, frozen=True, rename="camel"):
    """The result of an upload. ``status`` is ``succeeded`` or ``rejected``; etag is unquoted."""

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
    """The name of an upload's result in the results container.

    The upload's name and ``.json``; of a name that leaves no room for that, the first 400
    characters, ``~`` and the SHA-256 (hex) of the whole name instead.
    """
    name = f"{upload}.json"
    if len(name.encode("utf-16-le")) // 2 <= _LONGEST_NAME:
        return name
    return f"{upload[:400]}~{hashlib.sha256(upload.encode()).hexdigest()}.json"


def result_metadata(upload: BlobProperties, ingestion: Ingestion) -> dict[str, str]:
    """Metadata that identifies the upload of a result, for reconciliation and repeated uploads."""
    return {
        "source_etag": upload.etag,
        "ingestion": ingestion.key.digest,
        "pipeline": DETECTION_PIPELINE,
    }
