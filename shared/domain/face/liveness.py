"""Liveness sessions: what is kept of one, and what may be asked of it.

This service cannot tell a live face from a picture of one, and never says that it can. A session is
book-keeping: it is made, read, listed and deleted, and never leaves the state in which it began.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.face.attributes import Level
from shared.domain.face.geometry import Rectangle

TOKEN_SECONDS = (60, 86_400)
DEFAULT_TOKEN_SECONDS = 600
MAXIMUM_DEVICE_CORRELATION_ID_LENGTH = 64
SESSION_LIFE = timedelta(hours=48)
"""From Azure's OpenAPI: "It will expire 48 hours after it was created"."""

OPERATION_MODES = ("Passive", "PassiveActive")
NOT_STARTED = "NotStarted"
"""The only state that a session of this service is ever in."""


class LivenessKind(StrEnum):
    """Whether a session was to compare the live face with a photograph too."""

    LIVENESS = "liveness"
    WITH_VERIFY = "livenessWithVerify"


@dataclass(frozen=True, slots=True)
class LivenessRequest:
    """What a new session is asked to be, checked.

    Attributes:
        device_correlation_id: the caller's name for the end user's device; None where the client
            is to set it.
        token_seconds: how long the session's token is good for.
    """

    device_correlation_id: str | None = None
    token_seconds: int = DEFAULT_TOKEN_SECONDS


@dataclass(frozen=True, slots=True)
class VerifyFace:
    """The face on a verify image; the image itself is not kept.

    Attributes:
        quality: whether the face is good enough to be recognised by.
    """

    rectangle: Rectangle
    quality: Level


@dataclass(frozen=True, slots=True)
class LivenessSession:
    """A session.

    Attributes:
        verify_face: the face on the verify image, if there was such an image.
    """

    session_id: str
    kind: LivenessKind
    created: datetime
    token_seconds: int
    device_correlation_id: str | None = None
    verify_face: VerifyFace | None = None

    @property
    def ends(self) -> datetime:
        """From when on the session does not exist."""
        return self.created + SESSION_LIFE

    def token_expired(self, now: datetime) -> bool:
        """Whether the token's time is over."""
        return now >= self.created + timedelta(seconds=self.token_seconds)
