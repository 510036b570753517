"""Liveness sessions: they are stored and returned, but never started or judged.

An end user's device would call private endpoints through Microsoft's closed SDK; this service has
none. Sessions are stored, and the face on a verify image is detected.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.clock import Clock
from shared.domain.face.attributes import Attribute
from shared.domain.face.liveness import LivenessKind, LivenessRequest, LivenessSession, VerifyFace
from shared.domain.identifiers import IdFactory
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.services.recognition.target_face import only_face
from shared.storage.records.liveness_sessions import LivenessSessions


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session with its token.

    Attributes:
        token: grants no access, because there is no device endpoint; neither it nor its hash is
            stored.
    """

    session: LivenessSession
    token: str


@dataclass(frozen=True, slots=True)
class SessionState:
    """A stored session.

    Attributes:
        token_expired: whether the token has expired.
    """

    session: LivenessSession
    token_expired: bool


class LivenessService:
    """Creates, reads, lists and deletes sessions.

    Args:
        new_token: returns an unpredictable token.
    """

    def __init__(
        self,
        sessions: LivenessSessions,
        image_analysis: ImageAnalysis,
        new_id: IdFactory,
        clock: Clock,
        new_token: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        self._sessions = sessions
        self._image_analysis = image_analysis
        self._new_id = new_id
        self._clock = clock
        self._new_token = new_token

    def create(
        self, kind: LivenessKind, request: LivenessRequest, verify_image: bytes | None = None
    ) -> NewSession:
        """Create a session. The face on the verify image is detected; the image is not stored.

        Raises:
            InvalidImage, InvalidImageSize: the verify image is invalid or has not exactly one face.
            Busy: too many requests are waiting.
        """
        face = None if verify_image is None else self._only_face(verify_image)
        session = LivenessSession(
            session_id=self._new_id(),
            kind=kind,
            created=self._clock.now(),
            token_seconds=request.token_seconds,
            device_correlation_id=request.device_correlation_id,
            verify_face=face,
        )
        self._sessions.add(session)
        return NewSession(session, self._new_token())

    def get(self, kind: LivenessKind, session_id: str) -> SessionState:
        """Read a session.

        Raises:
            SessionNotFound: it does not exist, has another kind or has expired.
        """
        return self._state(self._sessions.get(kind, session_id))

    def page(self, kind: LivenessKind, start: str, top: int) -> list[SessionState]:
        """Up to ``top`` sessions with ids greater than ``start``, in order of id."""
        return [self._state(one) for one in self._sessions.page(kind, start=start, top=top)]

    def delete(self, kind: LivenessKind, session_id: str) -> None:
        """Delete a session.

        Raises:
            SessionNotFound: it does not exist, has another kind or has expired.
        """
        self._sessions.delete(kind, session_id)

    def _state(self, session: LivenessSession) -> SessionState:
        return SessionState(session, session.token_expired(self._clock.now()))

    def _only_face(self, image: bytes) -> VerifyFace:
        faces = self._image_analysis.faces(image, embed=False, attributes=(Attribute.QUALITY,))
        face = only_face(faces)
        described = face.attributes
        quality = None if described is None else described.quality
        if quality is None:
            raise LookupError("The analyzer returned no quality.")
        return VerifyFace(face.detection.rectangle, quality)
