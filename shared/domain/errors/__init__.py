"""The error tree. Every error that is reported to callers is one of these.

    LineamentError          code, message
    ├── InvalidInput        the caller must change the request
    ├── NotFound            what the request names does not exist
    ├── Conflict            the resource's state does not allow the request now
    │   └── DocumentConflict   DocumentExists, DocumentMissing, DocumentChanged
    ├── MethodNotAllowed, Retired, LengthRequired, UnsupportedMediaType
    ├── Unauthorized        the caller is not authenticated: InvalidToken, CallerNotAllowed
    ├── Forbidden           QuotaExceeded, UnsupportedFeature
    ├── Unavailable         the same request may succeed later: Busy, Throttled
    └── ConfigurationError  the service does not start: InvalidSettings, InvalidModel,
                            InvalidCohort

`shared/api/errors.py` alone maps them to HTTP. Codes and texts are Azure AI Face's, if it has any.
"""

from __future__ import annotations

from shared.domain.errors.access import (
    CallerNotAllowed,
    Forbidden,
    InvalidToken,
    PersistedFaceLimitReached,
    QuotaExceeded,
    Unauthorized,
    UnsupportedFeature,
)
from shared.domain.errors.configuration import (
    ConfigurationError,
    InvalidCohort,
    InvalidModel,
    InvalidSettings,
)
from shared.domain.errors.conflicts import (
    BlobChanged,
    CollectionExists,
    ConcurrentOperation,
    Conflict,
    DocumentChanged,
    DocumentConflict,
    DocumentExists,
    DocumentMissing,
    IdempotencyKeyReused,
    TrainingNotFinished,
)
from shared.domain.errors.invalid import (
    BadArgument,
    BadIdentificationScope,
    EnrolmentRejected,
    InvalidContinuation,
    InvalidImage,
    InvalidImageSize,
    InvalidImageUrl,
    InvalidInput,
    InvalidLivenessSession,
    LengthRequired,
    MethodNotAllowed,
    NoFaceDetected,
    Retired,
    UnsupportedMediaType,
)
from shared.domain.errors.missing import (
    CollectionNotFound,
    FaceListNotReady,
    FaceNotFound,
    NotFound,
    NotTrained,
    OperationNotFound,
    PersistedFaceNotFound,
    PersonNotFound,
    PersonWithoutFaces,
    PoisonMessageNotFound,
    RouteNotFound,
    SessionImageNotFound,
    SessionNotFound,
    UnknownNotFound,
    UploadNotFound,
)
from shared.domain.errors.root import (
    LineamentError,
    shown,
)
from shared.domain.errors.unavailable import (
    Busy,
    Throttled,
    Unavailable,
)

__all__ = [
    "BadArgument",
    "BadIdentificationScope",
    "BlobChanged",
    "Busy",
    "CallerNotAllowed",
    "CollectionExists",
    "CollectionNotFound",
    "ConcurrentOperation",
    "ConfigurationError",
    "Conflict",
    "DocumentChanged",
    "DocumentConflict",
    "DocumentExists",
    "DocumentMissing",
    "EnrolmentRejected",
    "FaceListNotReady",
    "FaceNotFound",
    "Forbidden",
    "IdempotencyKeyReused",
    "InvalidCohort",
    "InvalidContinuation",
    "InvalidImage",
    "InvalidImageSize",
    "InvalidImageUrl",
    "InvalidInput",
    "InvalidLivenessSession",
    "InvalidModel",
    "InvalidSettings",
    "InvalidToken",
    "LengthRequired",
    "LineamentError",
    "MethodNotAllowed",
    "NoFaceDetected",
    "NotFound",
    "NotTrained",
    "OperationNotFound",
    "PersistedFaceLimitReached",
    "PersistedFaceNotFound",
    "PersonNotFound",
    "PersonWithoutFaces",
    "PoisonMessageNotFound",
    "QuotaExceeded",
    "Retired",
    "RouteNotFound",
    "SessionImageNotFound",
    "SessionNotFound",
    "Throttled",
    "TrainingNotFinished",
    "Unauthorized",
    "Unavailable",
    "UnknownNotFound",
    "UnsupportedFeature",
    "UnsupportedMediaType",
    "UploadNotFound",
    "shown",
]
