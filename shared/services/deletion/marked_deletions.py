"""Completes the deletions of persons and faces that a collection has marked.

Searches omit what is marked at once. What is still stored then: faces that did not fit into the
write that committed the deletion, results of uploads, and embeddings in snapshots and in the vector
index.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from shared.domain.clock import Clock
from shared.domain.collections import FACE_COLLECTIONS
from shared.domain.values import Collection
from shared.services.deletion.trained_data import TrainedData
from shared.services.queue_policy import UNCOMMITTED_AFTER, is_older
from shared.storage.documents.store import DocumentStore
from shared.storage.records.collections.deletions import CollectionDeletions
from shared.storage.records.collections.marks import Mark, Marks

_log = logging.getLogger(__name__)


class Results(Protocol):
    """The results of uploads."""

    def erase(self, incarnation: str, deleted_ids: Iterable[str]) -> None:
        """Rewrite every result that names deleted persons or faces of a collection."""
        ...


class Outcome(Enum):
    """The outcome of one round.

    NOTHING_LEFT: there was no deletion to complete, and no replaced snapshot is left.
    ERASED: no data of committed deletions is left; marks may be left until they are old enough.
    UNFINISHED: another round is needed.
    """

    NOTHING_LEFT = auto()
    ERASED = auto()
    UNFINISHED = auto()


class MarkedDeletions:
    """Deletes the data of marked persons and faces, then their marks.

    A mark is removed when its documents are proven deleted, from the database's files too, no
    result of an upload names its ids, no training is running, and the snapshot in use does not
    contain them. A training that starts later reads neither the documents nor the embeddings.

    Args:
        store: the database, which erases the bytes of deleted documents.
        marks_kept: minimum age of a mark to be removed, for caches that follow marks.
    """

    def __init__(
        self,
        store: DocumentStore,
        marks: Marks,
        deletions: CollectionDeletions,
        results: Results,
        trained: TrainedData,
        clock: Clock,
        *,
        marks_kept: timedelta,
    ) -> None:
        self._store = store
        self._marks = marks
        self._deletions = deletions
        self._results = results
        self._trained = trained
        self._clock = clock
        self._marks_kept = marks_kept

    def complete(self, collection: Collection, *, rewrite: bool) -> Outcome:
        """Delete as much as is possible now.

        Args:
            rewrite: check the snapshot in use even if no deletion is marked.
        """
        marks = self._marks.all(collection.incarnation)
        if not marks and not rewrite:
            done = self._trained.tidy(collection)
            return Outcome.NOTHING_LEFT if done else Outcome.UNFINISHED
        now = self._clock.now()
        committed = self._committed(collection, marks, now)
        self._sweep(collection, committed)
        self._results.erase(collection.incarnation, {mark.deleted_id for mark in committed})
        if not committed and not rewrite:
            return Outcome.UNFINISHED
        # After the sweep, so that a training that starts from here on cannot read the documents.
        if not self._trained.erase(collection, committed) or not self._store.erase_deleted():
            return Outcome.UNFINISHED
        self._marks.remove(collection.incarnation, self._old_enough(committed, now))
        _log.info("deletions finished", extra={"deletions": len(committed)})
        return Outcome.ERASED

    def _committed(
        self, collection: Collection, marks: Sequence[Mark], now: datetime
    ) -> list[Mark]:
        """The marks of committed deletions; old marks of others are withdrawn."""
        committed: list[Mark] = []
        for mark, counts in zip(marks, self._marks.committed(collection, marks), strict=True):
            if counts:
                committed.append(mark)
            elif is_older(mark.announced, UNCOMMITTED_AFTER, now):
                self._deletions.withdraw(collection, mark)
        return committed

    def _sweep(self, collection: Collection, committed: Sequence[Mark]) -> None:
        if collection.kind in FACE_COLLECTIONS:
            return
        for person_id in {mark.person_id for mark in committed if mark.face_id is None}:
            self._deletions.sweep(collection, person_id)

    def _old_enough(self, marks: Sequence[Mark], now: datetime) -> list[Mark]:
        return [mark for mark in marks if is_older(mark.announced, self._marks_kept, now)]
