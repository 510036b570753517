"""The clusters of unknown faces in memory, so that a search does not read all of them.

A process reads the clusters of an embedding model once, and then the changes in their partition
before every search. Changes do not include clusters that another process deleted or that have
expired: a search may return one, and the caller then drops it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import Document, DocumentContainer
from shared.storage.records.unknowns.documents import (
    CLUSTER_PREFIX,
    INDEXED_MEMBERS,
    partition_of,
    read_parts,
)

MOST_CLUSTERS = 100_000
"""Maximum number of clusters of one model: 51 MB of vectors of 128 components, and as much again
for the rest."""

_FIRST_ROWS = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """The indexed members of a cluster.

    Attributes:
        count: all sightings, including those that have expired since.
        parts: the ids of its parts.
    """

    unknown_id: str
    count: int
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nearest:
    """A cluster, and the part of it that is nearest."""

    unknown_id: str
    part_id: str


class UnknownIndex:
    """The clusters of one embedding model. Thread-safe.

    A row is a part of a cluster: the mean of its sightings. Its dot product with a face is the mean
    of their cosines.
    """

    def __init__(self, container: DocumentContainer, model: str) -> None:
        self._container = container
        self._partition = partition_of(model)
        self._lock = threading.Lock()
        self._mark: str | None = None
        self._entries: dict[str, Entry] = {}
        self._rows: dict[str, int] = {}
        self._owners: list[Nearest] = []
        self._means: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """The number of parts."""
        return len(self._owners)

    def refresh(self) -> None:
        """Apply everything that was written before this call."""
        with self._lock:
            if self._mark is None:
                self._mark = self._read_all()
            while True:
                changes = self._container.changes_since(self._partition, self._mark)
                for document in changes.documents:
                    self._apply(document)
                self._mark = changes.mark
                if not changes.more:
                    return

    def nearest(self, vector: NDArray[np.float32], least: float) -> Nearest | None:
        """The cluster with the highest mean cosine.

        Args:
            vector: float32, (dimension,), unit length.
            least: minimum mean cosine.

        Returns:
            None if no mean cosine reaches ``least``.
        """
        with self._lock:
            if self._means is None or not self._owners:
                return None
            cosines = self._means[: len(self._owners)] @ vector
            row = int(cosines.argmax())
            return self._owners[row] if cosines[row] >= least else None

    def entries(self) -> list[Entry]:
        """All clusters, in no particular order."""
        with self._lock:
            return list(self._entries.values())

    def owner_of(self, part_id: str) -> str | None:
        """The cluster that a part belongs to."""
        with self._lock:
            row = self._rows.get(part_id)
            return None if row is None else self._owners[row].unknown_id

    def drop(self, unknown_id: str) -> None:
        """Remove a cluster that does not exist any more."""
        with self._lock:
            self._remove(unknown_id)

    def _read_all(self) -> str:
        """Read every cluster; later changes follow the returned mark."""
        mark = self._container.mark(self._partition)
        for page in pages_of(
            self._container, self._partition, prefix=CLUSTER_PREFIX, members=INDEXED_MEMBERS
        ):
            for document in page:
                self._apply(document)
        return mark

    def _apply(self, document: Document) -> None:
        if not document.key.id.startswith(CLUSTER_PREFIX):
            return
        unknown_id = document.key.id.removeprefix(CLUSTER_PREFIX)
        self._remove(unknown_id)
        if document.body["erasing"]:
            return
        parts = read_parts(document.body)
        for part in parts:
            row = self._rows.get(part.part_id)
            if row is not None:  # Its cluster was merged into this one.
                self._remove(self._owners[row].unknown_id)
            self._add_row(
                Nearest(unknown_id, part.part_id), part.total / np.float32(part.weight or 1)
            )
        days: dict[str, int] = document.body["days"]
        ids = tuple(part.part_id for part in parts)
        self._entries[unknown_id] = Entry(unknown_id, sum(days.values()), ids)

    def _add_row(self, owner: Nearest, mean: NDArray[np.float32]) -> None:
        row = len(self._owners)
        if self._means is None:
            self._means = np.empty((_FIRST_ROWS, len(mean)), np.float32)
        if row == len(self._means):
            more = np.empty((2 * row, len(mean)), np.float32)
            more[:row] = self._means
            self._means = more
        self._means[row] = mean
        self._rows[owner.part_id] = row
        self._owners.append(owner)

    def _remove(self, unknown_id: str) -> None:
        entry = self._entries.pop(unknown_id, None)
        for part_id in () if entry is None else entry.parts:
            self._remove_row(part_id)

    def _remove_row(self, part_id: str) -> None:
        """Remove a row; the last one takes its place."""
        row = self._rows.pop(part_id, None)
        if row is None or self._means is None:
            return
        last = self._owners.pop()
        if row != len(self._owners):
            self._owners[row] = last
            self._means[row] = self._means[len(self._owners)]
            self._rows[last.part_id] = row
