"""Liveness sessions: they are stored, but never started or judged.

The stable routes and those of the previews return the same sessions.
"""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.liveness import (
    AuditEntryAnswer,
    CreatedSessionAnswer,
    LivenessContent,
    LivenessPreviewContent,
    LivenessSessionAnswer,
    LivenessWithVerifyContent,
    LivenessWithVerifyPreviewContent,
    LivenessWithVerifySessionAnswer,
    SessionItemAnswer,
    SessionStateAnswer,
    VerifyPreviewForm,
)
from shared.api.call import Call
from shared.api.operations import Answer, Form
from shared.api.resources.liveness import (
    created_answer,
    item_answer,
    session_answer,
    session_id,
    state_answer,
    wanted_preview_session,
    wanted_preview_session_with_verify,
    wanted_session,
    wanted_session_with_verify,
)
from shared.api.versions import (
    LIVENESS_SESSIONS,
    LIVENESS_SESSIONS_PREVIEW,
    SESSION_IMAGES_PREVIEW,
)
from shared.composition.container import root
from shared.domain.errors import SessionImageNotFound
from shared.domain.face.liveness import LivenessKind

routes = Routes()

_ONE = "/{sessionId}"
_STABLE = "detectLiveness-sessions"
_STABLE_VERIFY = "detectLivenessWithVerify-sessions"
_PREVIEW = "detectLiveness/singleModal/sessions"
_PREVIEW_VERIFY = "detectLivenessWithVerify/singleModal/sessions"
_IN_STABLE = LIVENESS_SESSIONS
_IN_PREVIEW = LIVENESS_SESSIONS_PREVIEW


@routes.operation(
    "POST",
    _STABLE,
    summary="Create a liveness session. It never starts and is never judged.",
    body=LivenessContent,
    answers=LivenessSessionAnswer,
    versions=_IN_STABLE,
)
def create_liveness_session(call: Call) -> Answer:
    """Create a session."""
    made = root().recognition.liveness.create(LivenessKind.LIVENESS, wanted_session(call).request)
    return Answer(session_answer(made.session, made.token))


@routes.operation(
    "POST",
    _STABLE_VERIFY,
    summary="Create a liveness session with a verify image. It never starts and is never judged.",
    form=Form(LivenessWithVerifyContent, file="verifyImage"),
    answers=LivenessWithVerifySessionAnswer,
    versions=_IN_STABLE,
)
def create_liveness_with_verify_session(call: Call) -> Answer:
    """Create a session; the face on the image is detected, the image is not stored."""
    wanted = wanted_session_with_verify(call)
    made = root().recognition.liveness.create(
        LivenessKind.WITH_VERIFY, wanted.request, wanted.verify_image
    )
    return Answer(session_answer(made.session, made.token))


@routes.operation(
    "GET",
    _STABLE + _ONE,
    summary="Read a liveness session.",
    answers=LivenessSessionAnswer,
    versions=_IN_STABLE,
    name="get_liveness_session",
)
@routes.operation(
    "GET",
    _STABLE_VERIFY + _ONE,
    summary="Read a liveness session with a verify image.",
    answers=LivenessWithVerifySessionAnswer,
    versions=_IN_STABLE,
    name="get_liveness_with_verify_session",
)
def get_session(call: Call) -> Answer:
    """Read a session."""
    return Answer(
        session_answer(root().recognition.liveness.get(_kind(call), session_id(call)).session)
    )


@routes.operation(
    "DELETE",
    _STABLE + _ONE,
    summary="Delete a liveness session.",
    success=204,
    versions=_IN_STABLE,
    name="delete_liveness_session",
)
@routes.operation(
    "DELETE",
    _STABLE_VERIFY + _ONE,
    summary="Delete a liveness session with a verify image.",
    success=204,
    versions=_IN_STABLE,
    name="delete_liveness_with_verify_session",
)
@routes.operation(
    "DELETE",
    _PREVIEW + _ONE,
    summary="Delete a liveness session.",
    versions=_IN_PREVIEW,
    name="delete_liveness_session_preview",
)
@routes.operation(
    "DELETE",
    _PREVIEW_VERIFY + _ONE,
    summary="Delete a liveness session with a verify image.",
    versions=_IN_PREVIEW,
    name="delete_liveness_with_verify_session_preview",
)
def delete_session(call: Call) -> Answer:
    """Delete a session."""
    root().recognition.liveness.delete(_kind(call), session_id(call))
    return Answer(status=call.operation.success)


@routes.operation(
    "POST",
    _PREVIEW,
    summary="Create a liveness session. It never starts and is never judged.",
    body=LivenessPreviewContent,
    answers=CreatedSessionAnswer,
    versions=_IN_PREVIEW,
)
def create_liveness_session_preview(call: Call) -> Answer:
    """Create a session."""
    wanted = wanted_preview_session(call)
    return Answer(
        created_answer(root().recognition.liveness.create(LivenessKind.LIVENESS, wanted.request))
    )


@routes.operation(
    "POST",
    _PREVIEW_VERIFY,
    summary="Create a liveness session with a verify image. It never starts and is never judged.",
    body=LivenessWithVerifyPreviewContent,
    form=Form(VerifyPreviewForm, file="VerifyImage"),
    answers=CreatedSessionAnswer,
    versions=_IN_PREVIEW,
)
def create_liveness_with_verify_session_preview(call: Call) -> Answer:
    """Create a session; the face on the image is detected, the image is not stored."""
    wanted = wanted_preview_session_with_verify(call)
    made = root().recognition.liveness.create(
        LivenessKind.WITH_VERIFY, wanted.request, wanted.verify_image
    )
    return Answer(created_answer(made))


@routes.operation(
    "GET",
    _PREVIEW,
    summary="List liveness sessions in order of id.",
    query=(p.START, p.TOP),
    answers=list[SessionItemAnswer],
    versions=_IN_PREVIEW,
    name="list_liveness_sessions_preview",
)
@routes.operation(
    "GET",
    _PREVIEW_VERIFY,
    summary="List liveness sessions with a verify image in order of id.",
    query=(p.START, p.TOP),
    answers=list[SessionItemAnswer],
    versions=_IN_PREVIEW,
    name="list_liveness_with_verify_sessions_preview",
)
def list_sessions(call: Call) -> Answer:
    """List sessions."""
    start, top = call.arguments[p.START], call.arguments[p.TOP]
    return Answer(
        [item_answer(one) for one in root().recognition.liveness.page(_kind(call), start, top)]
    )


@routes.operation(
    "GET",
    _PREVIEW + _ONE,
    summary="Read a liveness session.",
    answers=SessionStateAnswer,
    versions=_IN_PREVIEW,
    name="get_liveness_session_preview",
)
@routes.operation(
    "GET",
    _PREVIEW_VERIFY + _ONE,
    summary="Read a liveness session with a verify image.",
    answers=SessionStateAnswer,
    versions=_IN_PREVIEW,
    name="get_liveness_with_verify_session_preview",
)
def get_session_preview(call: Call) -> Answer:
    """Read a session."""
    return Answer(state_answer(root().recognition.liveness.get(_kind(call), session_id(call))))


@routes.operation(
    "GET",
    _PREVIEW + _ONE + "/audit",
    summary="List the device requests of a liveness session; always empty.",
    query=(p.START, p.TOP),
    answers=list[AuditEntryAnswer],
    versions=_IN_PREVIEW,
    name="audit_liveness_session_preview",
)
@routes.operation(
    "GET",
    _PREVIEW_VERIFY + _ONE + "/audit",
    summary="List the device requests of a liveness session with a verify image; always empty.",
    query=(p.START, p.TOP),
    answers=list[AuditEntryAnswer],
    versions=_IN_PREVIEW,
    name="audit_liveness_with_verify_session_preview",
)
def audit_session(call: Call) -> Answer:
    """An empty list, for an existing session."""
    root().recognition.liveness.get(_kind(call), session_id(call))
    return Answer([])


@routes.operation(
    "GET",
    "sessionImages/{sessionImageId}",
    summary="Read the image of a liveness session; there is never one.",
    versions=LIVENESS_SESSIONS,
    name="get_session_image",
)
@routes.operation(
    "GET",
    "session/sessionImages/{sessionImageId}",
    summary="Read the image of a liveness session; there is never one.",
    versions=SESSION_IMAGES_PREVIEW,
    name="get_session_image_preview",
)
def get_session_image(call: Call) -> Answer:
    """Not found: devices never send an image, and none is stored."""
    raise SessionImageNotFound


def _kind(call: Call) -> LivenessKind:
    """The kind of session that the operation's path names."""
    verify = call.operation.path.startswith((_STABLE_VERIFY, _PREVIEW_VERIFY))
    return LivenessKind.WITH_VERIFY if verify else LivenessKind.LIVENESS
