"""Liveness sessions in a store: listed in order of id, expired after 48 hours."""

from __future__ import annotations

import uuid

import pytest

from shared.domain.errors import SessionNotFound
from shared.domain.face.attributes import Level
from shared.domain.face.geometry import Rectangle
from shared.domain.face.liveness import LivenessKind, LivenessSession, VerifyFace
from shared.storage.documents.store import DocumentContainer, DocumentStore
from shared.storage.layout import OPERATIONS
from shared.storage.records.liveness_sessions import LivenessSessions
from tests.doubles.clocks import ManualClock

PLAIN, VERIFY = LivenessKind
HOUR = 3600


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(OPERATIONS)


@pytest.fixture
def sessions(container: DocumentContainer, clock: ManualClock) -> LivenessSessions:
    """Sessions in SQLite."""
    return LivenessSessions(container, clock)


def session(clock: ManualClock, kind: LivenessKind = PLAIN) -> LivenessSession:
    """A new session."""
    face = None if kind is PLAIN else VerifyFace(Rectangle(1, 2, 3, 4), Level.HIGH)
    return LivenessSession(str(uuid.uuid4()), kind, clock.now(), 60, "device", face)


@pytest.mark.parametrize("kind", LivenessKind)
def test_a_session_is_read_as_it_was_stored(
    sessions: LivenessSessions, clock: ManualClock, kind: LivenessKind
) -> None:
    made = session(clock, kind)
    sessions.add(made)
    assert sessions.get(kind, made.session_id) == made
    other = VERIFY if kind is PLAIN else PLAIN
    with pytest.raises(SessionNotFound):
        sessions.get(other, made.session_id)


def test_the_token_ends_before_the_session_and_the_session_after_48_hours(
    sessions: LivenessSessions, clock: ManualClock
) -> None:
    made = session(clock)
    sessions.add(made)
    clock.advance(59)
    assert not sessions.get(PLAIN, made.session_id).token_expired(clock.now())
    clock.advance(1)
    assert sessions.get(PLAIN, made.session_id).token_expired(clock.now())
    clock.advance(48 * HOUR - 61)
    sessions.get(PLAIN, made.session_id)
    clock.advance(1)
    for gone in (sessions.get, sessions.delete):
        with pytest.raises(SessionNotFound):
            gone(PLAIN, made.session_id)
    assert sessions.page(PLAIN, start="", top=10) == []


def test_pages_follow_each_other_in_order_of_id(
    sessions: LivenessSessions, clock: ManualClock
) -> None:
    made = [session(clock) for _ in range(50)]
    for one in made:
        sessions.add(one)
    sessions.add(session(clock, VERIFY))
    expected = sorted(one.session_id for one in made)
    found: list[str] = []
    while page := sessions.page(PLAIN, start=found[-1] if found else "", top=7):
        assert len(page) == min(7, 50 - len(found))
        found += [one.session_id for one in page]
    assert found == expected
    between = expected[10][:-1] + "~"
    assert [one.session_id for one in sessions.page(PLAIN, start=between, top=1)] == [expected[11]]
    assert sessions.page(PLAIN, start="zzz", top=5) == []


def test_a_session_is_deleted_once(sessions: LivenessSessions, clock: ManualClock) -> None:
    made = session(clock)
    sessions.add(made)
    sessions.delete(PLAIN, made.session_id)
    with pytest.raises(SessionNotFound):
        sessions.delete(PLAIN, made.session_id)
