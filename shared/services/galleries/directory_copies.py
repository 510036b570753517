"""In-memory copies of the directory's partitions, updated before every search.

A copy applies the partition's changes, so that it is exact: each search reads the changes of every
partition since the last one. Copies share a maximum size; a partition that does not fit is searched
from the database instead, page by page, exactly but slowly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.domain.clock import Clock
from shared.domain.values import PersistedFace
from shared.gallery.search.unindexed_scan import FaceBlock, face_block
from shared.storage.documents.store import DocumentContainer
from shared.storage.records.directory.changes import (
    Change,
    DirectoryChanges,
    FaceWritten,
    MembershipWritten,
    PersonDeleted,
    PersonWritten,
)
from shared.storage.records.directory.documents import PARTITIONS
from shared.storage.records.directory.memberships import MARK_LIFE

COPIES_MAXIMUM_BYTES = 300_000_000
"""Maximum bytes of all copies: some 120,000 persons with one face of 128 numbers each."""

_Face = tuple[str, str]
"""A recognition model and a persistedFaceId."""

_BYTES_PER_FACE = 2_300
"""A face of 128 numbers: its row, the bytes it was read from, and Python's overhead (measured)."""
_BYTES_PER_NAME = 200
"""A person, or a membership."""
_STALE_AFTER = timedelta(seconds=MARK_LIFE // 2)
"""A copy idle longer than this is rebuilt: deletion marks are kept for twice as long."""


@dataclass(frozen=True, slots=True, eq=False)
class Current:
    """The current state of a partition.

    Attributes:
        block: its faces; None if it has none.
        members: the members of the requested group; None if no group was requested.
    """

    block: FaceBlock | None
    members: frozenset[str] | None


class Allowance:
    """The bytes that all copies together may use.

    Args:
        maximum: the limit.
    """

    def __init__(self, maximum: int) -> None:
        self._left = maximum
        self._lock = threading.Lock()

    def take(self, amount: int) -> bool:
        """Reserve bytes, or release them if negative; False if too few remain."""
        with self._lock:
            if amount > self._left:
                return False
            self._left -= amount
            return True


def copies_of(
    container: DocumentContainer, clock: Clock, *, maximum_bytes: int = COPIES_MAXIMUM_BYTES
) -> dict[str, PartitionCopy]:
    """Copies of all partitions, in their order; each is made when it is first searched.

    Args:
        maximum_bytes: maximum size of all copies together.
    """
    allowance = Allowance(maximum_bytes)
    return {
        partition: PartitionCopy(partial(DirectoryChanges, container, partition), allowance, clock)
        for partition in PARTITIONS
    }


class PartitionCopy:
    """One partition's faces and memberships.

    Args:
        follow: opens the changes of the partition, from the beginning.
    """

    def __init__(
        self, follow: Callable[[], DirectoryChanges], allowance: Allowance, clock: Clock
    ) -> None:
        self._follow = follow
        self._allowance = allowance
        self._clock = clock
        self._lock = threading.Lock()
        self._too_large = False
        self._reset()

    def block(self, recognition_model: str, incarnation: str | None) -> Current | None:
        """The current faces; None if the partition is too large to be copied.

        Args:
            incarnation: of a dynamic group whose members are requested as well, or None.
        """
        with self._lock:
            if not self._refresh():
                return None
            members = None
            if incarnation is not None:
                members = frozenset(self._members.get(incarnation, ()))
            if recognition_model not in self._blocks:
                self._blocks[recognition_model] = face_block(list(self._of(recognition_model)))
            return Current(self._blocks[recognition_model], members)

    def _reset(self) -> None:
        self._changes = self._follow()
        self._refreshed: datetime | None = None
        self._taken = 0
        self._persons: dict[str, dict[_Face, PersistedFace]] = {}
        self._members: dict[str, set[str]] = {}
        self._blocks: dict[str, FaceBlock | None] = {}

    def _refresh(self) -> bool:
        """Apply the changes; False if they do not fit."""
        if self._too_large:
            return False
        now = self._clock.now()
        if self._refreshed is not None and now - self._refreshed > _STALE_AFTER:
            self._forget()
        complete = False
        try:
            complete = self._apply_changes()
        finally:
            # A partially applied copy is useless.
            if not complete:
                self._forget()
        self._refreshed = now
        return complete

    def _apply_changes(self) -> bool:
        for changes in self._changes.read():
            for change in changes:
                self._apply(change)
            if not self._account():
                self._too_large = True
                return False
        return True

    def _forget(self) -> None:
        self._allowance.take(-self._taken)
        self._reset()

    def _account(self) -> bool:
        faces = sum(map(len, self._persons.values()))
        names = len(self._persons) + sum(map(len, self._members.values()))
        needed = faces * _BYTES_PER_FACE + names * _BYTES_PER_NAME
        if not self._allowance.take(needed - self._taken):
            return False
        self._taken = needed
        return True

    def _apply(self, change: Change) -> None:
        match change:
            case PersonWritten(person):
                listed = {(model, face) for model, faces in person.faces.items() for face in faces}
                held = self._persons.setdefault(person.person_id, {})
                for gone in held.keys() - listed:
                    self._blocks.pop(gone[0], None)
                    del held[gone]
            case PersonDeleted(person_id):
                for model, _ in self._persons.pop(person_id, {}):
                    self._blocks.pop(model, None)
                for members in self._members.values():
                    members.discard(person_id)
            case FaceWritten(model, face):
                held = self._persons.setdefault(face.person_id, {})
                held[model, face.persisted_face_id] = face
                self._blocks.pop(model, None)
            case MembershipWritten(incarnation, person_id, True):
                self._members.setdefault(incarnation, set()).add(person_id)
            case MembershipWritten(incarnation, person_id, False):
                self._members.get(incarnation, set()).discard(person_id)

    def _of(self, recognition_model: str) -> Iterator[PersistedFace]:
        for held in self._persons.values():
            for (model, _), face in held.items():
                if model == recognition_model:
                    yield face
