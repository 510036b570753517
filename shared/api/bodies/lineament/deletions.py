"""JSON bodies of deletions."""

from __future__ import annotations

from shared.api.bodies.members import Time
from shared.api.bodies.wire import Wire
from shared.domain.values import DeletionStatus, OwedKind


class OwedAnswer(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """One thing that is left to do, and when it is done at the latest; null: not known."""

    what: OwedKind
    until: Time | None
    sentence: str


class DeletionAnswer(Wire, frozen=True, kw_only=True):
    """How far a deletion is; an id that never existed is gone."""

    id: str
    collection: str
    status: DeletionStatus
    owed: list[OwedAnswer]
