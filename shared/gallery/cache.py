"""The snapshot cache: fetched once a version, verified, mapped, bounded by bytes."""

from __future__ import annotations

import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from shared.faces.errors import Unavailable
from shared.gallery.snapshot import Snapshot, TornSnapshot


class SnapshotSource(Protocol):
    """Where snapshots are kept for good."""

    def fetch(self, incarnation: str, version: str, target: Path) -> bool:
        """Write a snapshot to a file; False (and no file) where it does not exist (any more)."""
        ...


@dataclass(frozen=True, slots=True)
class SnapshotName:
    """Which snapshot: of which life of a collection, in which version."""

    incarnation: str
    version: str


@dataclass(slots=True)
class _Fetching:
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0


class SnapshotCache:
    """Keeps mapped snapshots, the least recently used leave first.

    A snapshot that leaves is deleted from disk at once; searches that hold it go on, because the
    mapping outlives the name.

    Args:
        directory: emptied on construction: what an earlier process left is not trusted.
        source: where to fetch from.
        maximum_bytes: how much may lie in the directory; one snapshot larger than that is still
            served, alone.
    """

    def __init__(self, directory: Path, source: SnapshotSource, *, maximum_bytes: int) -> None:
        self._directory = directory
        self._source = source
        self._maximum = maximum_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[SnapshotName, Snapshot] = OrderedDict()
        self._fetching: dict[SnapshotName, _Fetching] = {}
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True, exist_ok=True)

    def get(self, name: SnapshotName) -> Snapshot | None:
        """The snapshot, fetched if need be (once, however many ask); None where it is gone.

        Raises:
            Unavailable: it was fetched but is damaged.
        """
        with self._lock:
            snapshot = self._kept.get(name)
            if snapshot is not None:
                self._kept.move_to_end(name)
                return snapshot
            fetching = self._fetching.setdefault(name, _Fetching())
            fetching.waiting += 1
        try:
            with fetching.lock:
                with self._lock:
                    snapshot = self._kept.get(name)
                return snapshot or self._fetch(name)
        finally:
            with self._lock:
                fetching.waiting -= 1
                if fetching.waiting == 0:
                    self._fetching.pop(name, None)

    def forget(self, incarnation: str) -> None:
        """Drop every snapshot of a collection, from memory and disk."""
        with self._lock:
            for name in [name for name in self._kept if name.incarnation == incarnation]:
                self._drop(name)

    def _fetch(self, name: SnapshotName) -> Snapshot | None:
        path = self._path(name)
        if not self._source.fetch(name.incarnation, name.version, path):
            return None
        try:
            snapshot = Snapshot.open(path, verify=True)
        except TornSnapshot as error:
            path.unlink(missing_ok=True)
            raise Unavailable("The trained data is damaged. Train the group again.") from error
        with self._lock:
            # A newer version replaces the older one of the same collection.
            for old in [kept for kept in self._kept if kept.incarnation == name.incarnation]:
                self._drop(old)
            self._kept[name] = snapshot
            while len(self._kept) > 1 and self._size() > self._maximum:
                self._drop(next(iter(self._kept)))
        return snapshot

    def _drop(self, name: SnapshotName) -> None:
        del self._kept[name]
        self._path(name).unlink(missing_ok=True)

    def _size(self) -> int:
        return sum(snapshot.size for snapshot in self._kept.values())

    def _path(self, name: SnapshotName) -> Path:
        return self._directory / f"{name.incarnation}.{name.version}"
