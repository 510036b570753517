"""Follows the marks of collections: the persons and faces that a search must omit.

Every search reads what was written to the partition of marks since the previous search of this
process: nothing if nothing was deleted. A mark takes effect when the document that it names is
deleted; marks without effect are checked again by the next search.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict

from shared.domain.values import Collection
from shared.gallery.search.vector_index import Deleted
from shared.storage.records.collections.marks import Mark, Marks

_KEPT = 2_000
"""Maximum number of followed collections; the least recently searched are dropped."""


class FollowedMarks:
    """The deleted persons and faces of collections, as this process knows them. Thread-safe."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._lock = threading.Lock()
        self._followed: OrderedDict[str, _Followed] = OrderedDict()

    def read(self, collection: Collection) -> Deleted:
        """The deleted persons and faces, including every deletion committed before this call.

        Call it before the training record is read: a mark that has been removed by then belongs to
        a snapshot that has been replaced.
        """
        with self._lock:
            followed = self._followed.setdefault(collection.incarnation, _Followed())
            self._followed.move_to_end(collection.incarnation)
            while len(self._followed) > _KEPT:
                self._followed.popitem(last=False)
        return followed.read(self._marks, collection)

    def are_of(self, incarnation: str, version: str) -> bool:
        """Whether the marks were followed for this version, or for none yet.

        Otherwise the next ``read`` starts from the beginning, so that marks that were removed with
        the previous snapshot are not kept for ever.
        """
        with self._lock:
            followed = self._followed.setdefault(incarnation, _Followed())
            if followed.version in (None, version):
                followed.version = version
                return True
            fresh = self._followed[incarnation] = _Followed()
            fresh.version = version
            return False

    def forget(self, incarnation: str) -> None:
        """Drop the marks of a deleted collection."""
        with self._lock:
            self._followed.pop(incarnation, None)


class _Followed:
    """The marks of one collection. Threads read concurrently; their results are merged."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position: str | None = None
        self._ids: list[bytes] = []
        self._known: set[bytes] = set()
        self._undecided: dict[str, Mark] = {}
        self.version: str | None = None

    def read(self, marks: Marks, collection: Collection) -> Deleted:
        with self._lock:
            position = self._position
        new = marks.since(collection.incarnation, position)
        with self._lock:
            self._undecided.update((mark.attempt, mark) for mark in new.marks)
            self._add(new.tombstones)
            if self._position == position:
                self._position = new.position
            undecided = list(self._undecided.values())
        if undecided:
            self._decide(marks, collection, undecided)
        with self._lock:
            return Deleted(self._ids, len(self._ids))

    def _decide(self, marks: Marks, collection: Collection, undecided: list[Mark]) -> None:
        counting = zip(undecided, marks.committed(collection, undecided), strict=True)
        decided = {mark for mark, counts in counting if counts}
        left = [mark for mark in undecided if mark not in decided]
        # A mark that disappeared between the reads was withdrawn, or its snapshot was replaced.
        withdrawn = set(left) - set(marks.existing(collection.incarnation, left))
        with self._lock:
            self._add({mark.deleted_id for mark in decided})
            for mark in (*decided, *withdrawn):
                self._undecided.pop(mark.attempt, None)

    def _add(self, ids: set[str] | frozenset[str]) -> None:
        for one in ids:
            key = uuid.UUID(one).bytes
            if key not in self._known:
                self._known.add(key)
                self._ids.append(key)
