"""Liveness sessions: stored state and request parameters.

This service cannot distinguish a live face from an image of one and never claims to. A session is
a record: it is created, read, listed and deleted, and stays in its initial state.
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
"""The only state of a session in this service."""


class LivenessKind(StrEnum):
    """Whether a session also compares the live face with a verify image."""

    LIVENESS = "liveness"
    WITH_VERIFY = "livenessWithVerify"


@dataclass(frozen=True, slots=True)
class LivenessRequest:
    """Validated parameters of a new session.

    Attributes:
        device_correlation_id: the caller's name for the end user's device; None if the client
            sets it.
        token_seconds: lifetime of the session's token.
    """

    device_correlation_id: str | None = None
    token_seconds: int = DEFAULT_TOKEN_SECONDS


@dataclass(frozen=True, slots=True)
class VerifyFace:
    """The face on a verify image; the image itself is not stored.

    Attributes:
        quality: the face's recognition quality.
    """

    rectangle: Rectangle
    quality: Level


@dataclass(frozen=True, slots=True)
class LivenessSession:
    """A liveness session.

    Attributes:
        verify_face: the face on the verify image, if one was given.
    """

    session_id: str
    kind: LivenessKind
    created: datetime
    token_seconds: int
    device_correlation_id: str | None = None
    verify_face: VerifyFace | None = None

    @property
    def ends(self) -> datetime:
        """When the session expires."""
        return self.created + SESSION_LIFE

    def token_expired(self, now: datetime) -> bool:
        """Whether the token has expired."""
        return now >= self.created + timedelta(seconds=self.token_seconds)
