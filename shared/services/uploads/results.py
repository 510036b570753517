"""The result of an upload: a JSON blob."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

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


class ResultCandidate(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A person proposed for a face; with its name only if the upload's metadata ask for names."""

    person_id: str
    confidence: float
    name: str | None = None


class ResultFace(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A face on the image; with candidates only if a group was named."""

    face_id: str
    face_rectangle: ResultRectangle
    candidates: list[ResultCandidate] | None = None

    @classmethod
    def of(
        cls,
        face: DetectedFace,
        candidates: Sequence[Candidate] | None,
        names: Mapping[str, str] | None = None,
    ) -> ResultFace:
        """The face as part of a result.

        Args:
            names: personId to name; None: the result has no names, and otherwise no candidate
                without one, who was deleted meanwhile.
        """
        place = face.rectangle
        return cls(
            face.face_id,
            ResultRectangle(place.top, place.left, place.width, place.height),
            None
            if candidates is None
            else [
                ResultCandidate(
                    one.person_id, one.confidence, None if names is None else names[one.person_id]
                )
                for one in candidates
                if names is None or one.person_id in names
            ],
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


def decode_result(content: bytes) -> UploadResult:
    """The result in a blob."""
    return msgspec.json.decode(content, type=UploadResult)


def result_name(upload: str) -> str:
    """The name of an upload's result in the results container.

    The upload's name and ``.json``; of a name that leaves no room for that, the first 400
    characters, ``~`` and the SHA-256 (hex) of the whole name instead.
    """
    name = f"{upload}.json"
    if len(name.encode("utf-16-le")) // 2 <= _LONGEST_NAME:
        return name
    return f"{upload[:400]}~{hashlib.sha256(upload.encode()).hexdigest()}.json"


def result_metadata(upload: BlobProperties, ingestion: Ingestion, status: str) -> dict[str, str]:
    """Metadata that identifies the upload of a result, for reconciliation and repeated uploads.

    Args:
        status: of the result, so that lists need not read it.
    """
    return {
        "source_etag": upload.etag,
        "ingestion": ingestion.key.digest,
        "pipeline": DETECTION_PIPELINE,
        "status": status,
    }
