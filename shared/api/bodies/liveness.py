"""JSON bodies of liveness sessions.

Two families of routes return the same sessions: the stable one, and the older one of the previews.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared.api.bodies.members import Time
from shared.api.bodies.wire import RectangleAnswer, Wire
from shared.domain.errors import InvalidLivenessSession
from shared.domain.face import liveness
from shared.domain.face.attributes import Level
from shared.domain.face.liveness import LivenessRequest

MODEL_VERSION = "2024-11-15"
PREVIEW_MODEL_VERSIONS = ("2022-10-15-preview.04", "2023-12-20-preview.06")

_LOW, _HIGH = liveness.TOKEN_SECONDS
_Mode = Annotated[str, msgspec.Meta(extra_json_schema={"enum": list(liveness.OPERATION_MODES)})]
_TokenSeconds = Annotated[
    int,
    msgspec.Meta(
        extra_json_schema={
            "minimum": _LOW,
            "maximum": _HIGH,
            "default": liveness.DEFAULT_TOKEN_SECONDS,
        }
    ),
]
_Device = Annotated[
    str,
    msgspec.Meta(extra_json_schema={"maxLength": liveness.MAXIMUM_DEVICE_CORRELATION_ID_LENGTH}),
]
_ModelVersion = Annotated[str, msgspec.Meta(extra_json_schema={"enum": [MODEL_VERSION]})]
_PreviewModelVersion = Annotated[
    str, msgspec.Meta(extra_json_schema={"enum": list(PREVIEW_MODEL_VERSIONS)})
]
_Threshold = Annotated[float, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": 1})]


class _Content(Wire, frozen=True):
    liveness_operation_mode: _Mode
    device_correlation_id_set_in_client: bool | None = None
    device_correlation_id: _Device | None = None
    auth_token_time_to_live_in_seconds: _TokenSeconds | None = None
    enable_session_image: bool | None = None


class LivenessContent(_Content, frozen=True):
    """Body of a request that creates a session."""

    liveness_model_version: _ModelVersion | None = None


class LivenessWithVerifyContent(LivenessContent, frozen=True):
    """Form fields of a request that creates a session with a verify image."""

    verify_confidence_threshold: _Threshold | None = None
    return_verify_image_hash: bool | None = None


class LivenessPreviewContent(_Content, frozen=True):
    """Body of a request that creates a session, in the previews."""

    liveness_single_modal_model: _PreviewModelVersion | None = None
    send_results_to_client: bool | None = None


class LivenessWithVerifyPreviewContent(LivenessPreviewContent, frozen=True):
    """Parameters of a request that creates a session with a verify image, in the previews."""

    verify_confidence_threshold: _Threshold | None = None
    return_verify_image_hash: bool | None = None


class VerifyPreviewForm(Wire, frozen=True):
    """Form of the previews: all parameters as one JSON text."""

    parameters: str = msgspec.field(name="Parameters")


class SessionImageBody(Wire, frozen=True):
    """The id of an image of a liveness session, which detect accepts instead of a URL."""

    session_image_id: str | None = None


class AttemptAnswer(Wire, frozen=True):
    """An attempt of an end user. There is never one, because no device can make attempts here."""

    attempt_id: int
    attempt_status: str


class VerifyReferenceAnswer(Wire, frozen=True):
    """The face of the verify image."""

    reference_type: str
    face_rectangle: RectangleAnswer
    quality_for_recognition: Level


class ResultsAnswer(Wire, frozen=True):
    """The result of a session."""

    attempts: list[AttemptAnswer]


class VerifyResultsAnswer(Wire, frozen=True):
    """The result of a session with a verify image."""

    verify_references: list[VerifyReferenceAnswer]
    attempts: list[AttemptAnswer]


class LivenessSessionAnswer(Wire, frozen=True, kw_only=True):
    """A session; its token is returned only when it is created."""

    session_id: str
    auth_token: str
    status: str
    model_version: str | None = None
    results: ResultsAnswer


class LivenessWithVerifySessionAnswer(Wire, frozen=True, kw_only=True):
    """A session with a verify image; its token is returned only when it is created."""

    session_id: str
    auth_token: str
    status: str
    model_version: str | None = None
    results: VerifyResultsAnswer


class VerifyImageAnswer(Wire, frozen=True):
    """The face found on a verify image."""

    face_rectangle: RectangleAnswer
    quality_for_recognition: Level


class CreatedSessionAnswer(Wire, frozen=True):
    """A new session, in the previews."""

    session_id: str
    auth_token: str
    verify_image: VerifyImageAnswer | None = None


class SessionItemAnswer(Wire, frozen=True, kw_only=True):
    """A session in a list, in the previews."""

    id: str
    created_date_time: Time
    session_expired: bool
    device_correlation_id: str | None = None
    auth_token_time_to_live_in_seconds: int


class SessionStateAnswer(SessionItemAnswer, frozen=True, kw_only=True):
    """A session, in the previews."""

    status: str


class AuditEntryAnswer(Wire, frozen=True):
    """A request of an end user's device. There is never one."""

    id: int
    session_id: str


def checked_liveness(content: LivenessContent | LivenessPreviewContent) -> LivenessRequest:
    """Validate the parameters of a new session.

    Raises:
        InvalidLivenessSession: a member is out of range, or the device's id is missing.
    """
    if content.liveness_operation_mode not in liveness.OPERATION_MODES:
        raise InvalidLivenessSession(
            f"The livenessOperationMode is not valid. Use {' or '.join(liveness.OPERATION_MODES)}.",
            code="InvalidLivenessOperationMode",
        )
    given = content.auth_token_time_to_live_in_seconds
    seconds = liveness.DEFAULT_TOKEN_SECONDS if given is None else given
    if not _LOW <= seconds <= _HIGH:
        raise InvalidLivenessSession(
            "Invalid authTokenTimeToLiveInSeconds specified."
            f" Must be within {_LOW} to {_HIGH} inclusive.",
            code="InvalidTokenLifetime",
        )
    _check_model(content)
    _check_threshold(content)
    return LivenessRequest(_checked_device(content), seconds)


def _checked_device(content: _Content) -> str | None:
    device = content.device_correlation_id
    missing = not device and not content.device_correlation_id_set_in_client
    if missing or len(device or "") > liveness.MAXIMUM_DEVICE_CORRELATION_ID_LENGTH:
        raise InvalidLivenessSession(
            "A deviceCorrelationId is required unless deviceCorrelationIdSetInClient is true."
            " Must not be null or empty, and be no more than"
            f" {liveness.MAXIMUM_DEVICE_CORRELATION_ID_LENGTH} characters.",
            code="InvalidDeviceCorrelationId",
        )
    return device or None


def _check_model(content: LivenessContent | LivenessPreviewContent) -> None:
    known: tuple[str, ...]
    if isinstance(content, LivenessContent):
        name, given = "livenessModelVersion", content.liveness_model_version
        known = (MODEL_VERSION,)
    else:
        name, given = "livenessSingleModalModel", content.liveness_single_modal_model
        known = PREVIEW_MODEL_VERSIONS
    if given is not None and given not in known:
        raise InvalidLivenessSession(f"The {name} is not valid. Use {' or '.join(known)}.")


def _check_threshold(content: LivenessContent | LivenessPreviewContent) -> None:
    if not isinstance(content, LivenessWithVerifyContent | LivenessWithVerifyPreviewContent):
        return
    threshold = content.verify_confidence_threshold
    if threshold is not None and not 0 <= threshold <= 1:
        raise InvalidLivenessSession("The verifyConfidenceThreshold is not valid. Use 0 to 1.")
