"""The snapshot cache: fetched once a version, verified, bounded by bytes on disk and in memory.

Files on disk are bounded by bytes. Of those, the most recently used are open: mapped into memory,
with their codes loaded. An open one holds file descriptors (Python's mmap keeps one each), mappings
and the memory of its codes, so their number is bounded apart; one that was closed is opened again
from disk, which takes a millisecond for a small one and tens of them for a million faces.

What leaves is deleted from disk at once. Searches that hold it go on, because the mapping outlives
the name.
"""

from __future__ import annotations

import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from shared.domain.errors import Unavailable
from shared.gallery.search.trained_faces import TrainedFaces
from shared.gallery.snapshots.format import TornSnapshot
from shared.gallery.snapshots.mapped import Snapshot

OPEN_AT_ONCE = 200
"""Collections that are open: 400 descriptors at most, of the 1,024 that a process usually has."""

_FORGOTTEN_KEPT = 1_000


class SnapshotSource(Protocol):
    """Where snapshots are kept for good."""

    def size(self, incarnation: str, version: str) -> int | None:
        """How many bytes a snapshot has; None where it does not exist (any more)."""
        ...

    def fetch(self, incarnation: str, version: str, target: Path) -> bool:
        """Write a snapshot to a file; False (and no file) where it does not exist (any more)."""
        ...


@dataclass(frozen=True, slots=True)
class SnapshotName:
    """Which snapshot: of which life of a collection, in which version."""

    incarnation: str
    version: str


@dataclass(frozen=True, slots=True)
class _Opened:
    version: str
    faces: TrainedFaces


@dataclass(slots=True)
class _Turn:
    """Makes threads that need the same collection fetch one after the other."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0


class SnapshotCache:
    """Keeps snapshots; the least recently used collections leave first.

    Args:
        directory: emptied on construction: what an earlier process left is not trusted.
        source: where to fetch from.
        maximum_bytes: how much may lie in the directory; one snapshot larger than that is still
            served, alone.
        maximum_open: how many collections may be open at once.
    """

    def __init__(
        self,
        directory: Path,
        source: SnapshotSource,
        *,
        maximum_bytes: int,
        maximum_open: int = OPEN_AT_ONCE,
    ) -> None:
        self._directory = directory
        self._source = source
        self._maximum_bytes = maximum_bytes
        self._maximum_open = maximum_open
        self._lock = threading.Lock()
        self._files: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._bytes = 0
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._turns: dict[str, _Turn] = {}
        self._forgotten: OrderedDict[str, None] = OrderedDict()
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def bytes_on_disk(self) -> int:
        """How many bytes lie in the directory."""
        with self._lock:
            return self._bytes

    def get(self, name: SnapshotName) -> TrainedFaces | None:
        """The faces of a version, fetched if need be (once, however many ask); None if it is gone.

        Raises:
            Unavailable: it was fetched but is damaged.
        """
        with self._lock:
            opened = self._known(name)
            if opened is not None:
                return opened
            turn = self._turns.setdefault(name.incarnation, _Turn())
            turn.waiting += 1
        try:
            with turn.lock:
                with self._lock:
                    opened = self._known(name)
                return opened or self._open(name)
        finally:
            with self._lock:
                turn.waiting -= 1
                if turn.waiting == 0:
                    self._turns.pop(name.incarnation, None)

    def forget(self, incarnation: str) -> None:
        """Drop every snapshot of a collection, from memory and disk, for good."""
        with self._lock:
            self._forgotten[incarnation] = None
            if len(self._forgotten) > _FORGOTTEN_KEPT:
                self._forgotten.popitem(last=False)
            self._drop(incarnation)

    def drop(self, incarnation: str) -> None:
        """Drop every snapshot of a collection; the next search fetches what it then needs."""
        with self._lock:
            self._drop(incarnation)

    def _known(self, name: SnapshotName) -> TrainedFaces | None:
        opened = self._opened.get(name.incarnation)
        if opened is None or opened.version != name.version:
            return None
        self._opened.move_to_end(name.incarnation)
        self._files.move_to_end(name.incarnation)
        return opened.faces

    def _open(self, name: SnapshotName) -> TrainedFaces | None:
        newest = self._snapshot(name, needed={name.version})
        if newest is None:
            return None
        needed = {name.version}
        faces = TrainedFaces(newest)
        if newest.index.base is not None:
            needed.add(newest.index.base)
            base = self._base(name.incarnation, newest.index.base, needed)
            if base is None:
                return None
            faces = TrainedFaces(base, newest)
        with self._lock:
            self._opened[name.incarnation] = _Opened(name.version, faces)
            for version in self._files.get(name.incarnation, {}).keys() - needed:
                self._unlink(name.incarnation, version)
            while len(self._opened) > self._maximum_open:
                self._opened.popitem(last=False)
            if name.incarnation in self._forgotten:
                self._drop(name.incarnation)
        return faces

    def _base(self, incarnation: str, version: str, needed: set[str]) -> Snapshot | None:
        """The base of a delta: the one that is open already, if it is the same."""
        with self._lock:
            opened = self._opened.get(incarnation)
        if opened is not None:
            delta = opened.faces.delta
            if version == (opened.version if delta is None else delta.index.base):
                return opened.faces.base
        return self._snapshot(SnapshotName(incarnation, version), needed)

    def _snapshot(self, name: SnapshotName, needed: set[str]) -> Snapshot | None:
        """A file, opened again or fetched; ``needed`` versions do not make room for it."""
        with self._lock:
            fetched = name.version in self._files.get(name.incarnation, {})
        if fetched:
            try:
                return Snapshot.open(self._path(name), verify=False)
            except (FileNotFoundError, TornSnapshot):
                with self._lock:
                    self._unlink(name.incarnation, name.version)
        size = self._source.size(name.incarnation, name.version)
        if size is None:
            return None
        with self._lock:
            self._make_room(size, name.incarnation, needed)
        return self._fetch(name)

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
            self._files.setdefault(name.incarnation, {})[name.version] = snapshot.size
            self._files.move_to_end(name.incarnation)
            self._bytes += snapshot.size
            self._make_room(0, name.incarnation, {name.version, *self._files[name.incarnation]})
        return snapshot

    def _make_room(self, size: int, sparing: str, needed: set[str]) -> None:
        """Delete other versions of the collection first, then collections not used for long."""
        for version in self._files.get(sparing, {}).keys() - needed:
            if self._bytes + size > self._maximum_bytes:
                self._unlink(sparing, version)
        while self._bytes + size > self._maximum_bytes:
            oldest = next((one for one in self._files if one != sparing), None)
            if oldest is None:
                return
            self._drop(oldest)

    def _drop(self, incarnation: str) -> None:
        self._opened.pop(incarnation, None)
        for version in list(self._files.get(incarnation, {})):
            self._unlink(incarnation, version)

    def _unlink(self, incarnation: str, version: str) -> None:
        versions = self._files.get(incarnation, {})
        self._bytes -= versions.pop(version, 0)
        if not versions:
            self._files.pop(incarnation, None)
        self._path(SnapshotName(incarnation, version)).unlink(missing_ok=True)

    def _path(self, name: SnapshotName) -> Path:
        return self._directory / f"{name.incarnation}.{name.version}"
