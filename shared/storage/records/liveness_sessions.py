"""Liveness sessions: one document per session, in 16 partitions per kind.

The first hex digit of the id selects the partition, so that reading partitions from 0 to f yields
sessions in order of id without a cross-partition query.
"""

from __future__ import annotations

from shared.domain.clock import Clock
from shared.domain.errors import DocumentMissing, SessionNotFound
from shared.domain.face.attributes import Level
from shared.domain.face.geometry import Rectangle
from shared.domain.face.liveness import SESSION_LIFE, LivenessKind, LivenessSession, VerifyFace
from shared.storage.documents.store import Document, DocumentContainer, Key, read_time, stored_time
from shared.storage.layout import BUCKETS


class LivenessSessions:
    """Stores sessions for 48 hours."""

    def __init__(self, container: DocumentContainer, clock: Clock) -> None:
        self._container = container
        self._clock = clock

    def add(self, session: LivenessSession) -> None:
        """Store a new session.

        Raises:
            DocumentExists: the id exists already.
        """
        seconds = int(SESSION_LIFE.total_seconds())
        self._container.create(_key(session.kind, session.session_id), _body(session), ttl=seconds)

    def get(self, kind: LivenessKind, session_id: str) -> LivenessSession:
        """Read a session.

        Raises:
            SessionNotFound: it does not exist, has another kind or has expired.
        """
        document = self._container.get(_key(kind, session_id))
        session = None if document is None else _session(kind, document)
        if session is None or not self._lives(session):
            raise SessionNotFound
        return session

    def delete(self, kind: LivenessKind, session_id: str) -> None:
        """Delete a session.

        Raises:
            SessionNotFound: it does not exist, has another kind or has expired.
        """
        self.get(kind, session_id)
        try:
            self._container.delete(_key(kind, session_id))
        except DocumentMissing:
            raise SessionNotFound from None

    def page(self, kind: LivenessKind, *, start: str, top: int) -> list[LivenessSession]:
        """Up to ``top`` sessions of a kind with ids greater than ``start``, in order of id."""
        sessions: list[LivenessSession] = []
        for bucket in BUCKETS:
            if bucket < start[:1]:
                continue
            after = start
            while len(sessions) < top:
                documents = self._container.page(
                    _partition(kind, bucket), after=after, limit=top - len(sessions)
                )
                if not documents:
                    break
                found = (_session(kind, document) for document in documents)
                sessions.extend(session for session in found if self._lives(session))
                after = documents[-1].key.id
        return sessions

    def _lives(self, session: LivenessSession) -> bool:
        return self._clock.now() < session.ends


def _partition(kind: LivenessKind, bucket: str) -> str:
    return f"{kind.value}:{bucket}"


def _key(kind: LivenessKind, session_id: str) -> Key:
    return Key(_partition(kind, session_id[0]), session_id)


def _body(session: LivenessSession) -> dict[str, object]:
    return {
        "created": stored_time(session.created),
        "tokenSeconds": session.token_seconds,
        "deviceCorrelationId": session.device_correlation_id,
        "verifyFace": None if session.verify_face is None else _face_body(session.verify_face),
    }


def _face_body(face: VerifyFace) -> dict[str, object]:
    rectangle = face.rectangle
    return {
        "rectangle": [rectangle.left, rectangle.top, rectangle.width, rectangle.height],
        "quality": face.quality.value,
    }


def _session(kind: LivenessKind, document: Document) -> LivenessSession:
    body = document.body
    face = body["verifyFace"]
    return LivenessSession(
        session_id=document.key.id,
        kind=kind,
        created=read_time(body["created"]),
        token_seconds=body["tokenSeconds"],
        device_correlation_id=body["deviceCorrelationId"],
        verify_face=None
        if face is None
        else VerifyFace(Rectangle(*face["rectangle"]), Level(face["quality"])),
    )
