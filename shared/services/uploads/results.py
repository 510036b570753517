"""The result of an upload: a JSON blob."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from shared.domain.errors import EnrolmentRejected, LineamentError
from shared.domain.face.geometry import Rectangle
from shared.domain.requests import UploadStatus
from shared.domain.values import Candidate, DetectedFace
from shared.storage.account.blobs import BlobProperties
from shared.storage.records.ingestions import Ingestion

DETECTION_PIPELINE = "4"
"""Incremented when the same image would give other faces; part of an ingestion's identity."""


_IDENTIFY_ERROR = "identify_error"
_LONGEST_NAME = 1_024
"""Characters of a blob's name, in UTF-16 code units (Azure Storage's limit)."""


class ResultRectangle(msgspec.Struct, frozen=True):
    """A face rectangle, in pixels of the upright image."""

    top: int
    left: int
    width: int
    height: int

    @classmethod
    def of(cls, place: Rectangle) -> ResultRectangle:
        """The rectangle as part of a result."""
        return cls(place.top, place.left, place.width, place.height)


class Reason(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Why an image was rejected, or identification failed.

    Attributes:
        person_id: the person who has the face already.
        name: its name, only if the upload's metadata ask for names.
    """

    code: str
    message: str
    face_rectangle: ResultRectangle | None = None
    face_rectangles: list[ResultRectangle] | None = None
    person_id: str | None = None
    name: str | None = None

    @classmethod
    def of(cls, error: LineamentError, *, names: bool = False) -> Reason:
        """Code and message of an error, and what a rejected enrolment is about.

        Args:
            names: whether the result may have names.
        """
        if not isinstance(error, EnrolmentRejected):
            return cls(error.error_code, error.message)
        rectangles = [ResultRectangle.of(one) for one in error.rectangles]
        return cls(
            error.error_code,
            error.message,
            rectangles[0] if len(rectangles) == 1 else None,
            rectangles if len(rectangles) > 1 else None,
            error.person_id,
            error.name if names else None,
        )


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
        return cls(
            face.face_id,
            ResultRectangle.of(face.rectangle),
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


class ResultEnrolment(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What an upload enrolled.

    Attributes:
        collection: as routes name it, ``persongroups/x``.
        person_id: of a group; a list has no persons.
    """

    collection: str
    persisted_face_id: str
    person_id: str | None = None


class UploadResult(msgspec.Struct, frozen=True, rename="camel"):
    """The result of an upload, which is no longer pending; etag is unquoted."""

    blob: str
    etag: str
    status: UploadStatus
    reason: Reason | msgspec.UnsetType = msgspec.UNSET
    identify_error: Reason | msgspec.UnsetType = msgspec.UNSET
    faces: list[ResultFace] = msgspec.field(default_factory=list)
    enrolled: ResultEnrolment | msgspec.UnsetType = msgspec.UNSET


def rejected(upload: BlobProperties, reason: Reason) -> UploadResult:
    """The result of an upload that cannot be used."""
    return UploadResult(upload.name, upload.etag, UploadStatus.REJECTED, reason=reason)


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


def result_metadata(
    upload: BlobProperties, ingestion: Ingestion, result: UploadResult
) -> dict[str, str]:
    """Metadata that identifies the upload of a result, for reconciliation and repeated uploads.

    The status, and the code of a failed identification, are there so that lists need not read the
    result.
    """
    metadata = {
        "source_etag": upload.etag,
        "ingestion": ingestion.key.digest,
        "pipeline": DETECTION_PIPELINE,
        "status": result.status,
    }
    if isinstance(result.identify_error, Reason):
        metadata[_IDENTIFY_ERROR] = result.identify_error.code
    return metadata


def is_lasting(metadata: Mapping[str, str]) -> bool:
    """Whether the same image would give the same result again, by the metadata of its result.

    A rejection may be of something that was put right since, as a failed identification may.
    """
    return metadata.get("status") != UploadStatus.REJECTED and _IDENTIFY_ERROR not in metadata
