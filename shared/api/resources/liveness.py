"""Requests and responses of liveness sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from shared.api.bodies.liveness import (
    MODEL_VERSION,
    CreatedSessionAnswer,
    LivenessContent,
    LivenessPreviewContent,
    LivenessSessionAnswer,
    LivenessWithVerifyContent,
    LivenessWithVerifyPreviewContent,
    LivenessWithVerifySessionAnswer,
    ResultsAnswer,
    SessionItemAnswer,
    SessionStateAnswer,
    VerifyImageAnswer,
    VerifyPreviewForm,
    VerifyReferenceAnswer,
    VerifyResultsAnswer,
    checked_liveness,
)
from shared.api.bodies.wire import RectangleAnswer, Wire, wire_time
from shared.api.call import Call, checked_image, convert_fields, decode_body
from shared.api.multipart import FormParts, is_multipart, read_form
from shared.domain.errors import BadArgument, InvalidLivenessSession, SessionNotFound
from shared.domain.face.liveness import NOT_STARTED, LivenessKind, LivenessRequest, LivenessSession
from shared.domain.identifiers import canonical_uuid
from shared.services.recognition.liveness import NewSession, SessionState

_Content = TypeVar("_Content", bound=Wire)

_COLOR = "Color"


@dataclass(frozen=True, slots=True)
class WantedSession:
    """The session to create, with its verify image, if any."""

    request: LivenessRequest
    verify_image: bytes | None = field(default=None, repr=False)


def session_id(call: Call) -> str:
    """The session id in the path.

    Raises:
        SessionNotFound: it is not a UUID.
    """
    found = canonical_uuid(call.request.route["sessionId"])
    if found is None:
        raise SessionNotFound
    return found


def wanted_session(call: Call) -> WantedSession:
    """Parse a session from JSON.

    Raises:
        InvalidLivenessSession: the body is invalid.
    """
    return WantedSession(checked_liveness(_decoded(call.json_content, LivenessContent)))


def wanted_session_with_verify(call: Call) -> WantedSession:
    """Parse a session with a verify image from a form with one field per member.

    Raises:
        InvalidLivenessSession: the form is invalid, or lacks the image.
        InvalidImageSize: the image is too small or too large.
    """
    parts = _parts(call)
    try:
        content = convert_fields(parts.fields, LivenessWithVerifyContent)
    except BadArgument as error:
        raise InvalidLivenessSession(error.message) from None
    return WantedSession(checked_liveness(content), _image(parts, call))


def wanted_preview_session(call: Call) -> WantedSession:
    """Parse a session of the previews from JSON.

    Raises:
        InvalidLivenessSession: the body is invalid.
    """
    return WantedSession(checked_liveness(_decoded(call.json_content, LivenessPreviewContent)))


def wanted_preview_session_with_verify(call: Call) -> WantedSession:
    """Parse a session of the previews with a verify image (form) or without one yet (JSON).

    Raises:
        InvalidLivenessSession: the body is invalid, or the form lacks the image.
        InvalidImageSize: the image is too small or too large.
    """
    if not is_multipart(call.request):
        content = _decoded(call.json_content, LivenessWithVerifyPreviewContent)
        return WantedSession(checked_liveness(content))
    parts = _parts(call)
    try:
        form = convert_fields(parts.fields, VerifyPreviewForm)
    except BadArgument as error:
        raise InvalidLivenessSession(error.message) from None
    content = _decoded(form.parameters.encode(), LivenessWithVerifyPreviewContent)
    return WantedSession(checked_liveness(content), _image(parts, call))


def session_answer(
    session: LivenessSession, token: str = ""
) -> LivenessSessionAnswer | LivenessWithVerifySessionAnswer:
    """A session as JSON; when it is created, with its token."""
    model = MODEL_VERSION if token else None
    if session.kind is LivenessKind.LIVENESS:
        return LivenessSessionAnswer(
            session_id=session.session_id,
            auth_token=token,
            status=NOT_STARTED,
            model_version=model,
            results=ResultsAnswer([]),
        )
    face = session.verify_face
    references = (
        []
        if face is None
        else [VerifyReferenceAnswer(_COLOR, RectangleAnswer.of(face.rectangle), face.quality)]
    )
    return LivenessWithVerifySessionAnswer(
        session_id=session.session_id,
        auth_token=token,
        status=NOT_STARTED,
        model_version=model,
        results=VerifyResultsAnswer(references, []),
    )


def created_answer(made: NewSession) -> CreatedSessionAnswer:
    """A new session as JSON, in the previews."""
    face = made.session.verify_face
    image = (
        None
        if face is None
        else VerifyImageAnswer(RectangleAnswer.of(face.rectangle), face.quality)
    )
    return CreatedSessionAnswer(made.session.session_id, made.token, image)


def item_answer(state: SessionState) -> SessionItemAnswer:
    """A session of a list as JSON, in the previews."""
    session = state.session
    return SessionItemAnswer(
        id=session.session_id,
        created_date_time=wire_time(session.created),
        session_expired=state.token_expired,
        device_correlation_id=session.device_correlation_id,
        auth_token_time_to_live_in_seconds=session.token_seconds,
    )


def state_answer(state: SessionState) -> SessionStateAnswer:
    """A session as JSON, in the previews."""
    session = state.session
    return SessionStateAnswer(
        id=session.session_id,
        created_date_time=wire_time(session.created),
        session_expired=state.token_expired,
        device_correlation_id=session.device_correlation_id,
        auth_token_time_to_live_in_seconds=session.token_seconds,
        status=NOT_STARTED,
    )


def _decoded(content: bytes, schema: type[_Content]) -> _Content:
    try:
        return decode_body(content, schema)
    except BadArgument as error:
        raise InvalidLivenessSession(error.message) from None


def _parts(call: Call) -> FormParts:
    try:
        return read_form(call.request)
    except BadArgument as error:
        raise InvalidLivenessSession(error.message) from None


def _image(parts: FormParts, call: Call) -> bytes:
    form = call.operation.form
    name = "verifyImage" if form is None else form.file
    content = parts.files.get(name.lower())
    if content is None:
        raise InvalidLivenessSession(
            f"Request body is invalid. The part {name} is missing, or has no file name."
        )
    return checked_image(content)
