"""The snapshot cache: fetches and verifies each version once, and is bounded on disk and in memory.

Invariants, which `tests/unit/gallery/snapshots/test_cache_invariants.py` drives:

- The files in the folder, those that are deleted but still mapped and those that are being fetched
  together have at most ``maximum_bytes``. Only a collection that needs more by itself may exceed
  this, and then the cache holds nothing else.
- Bytes are reserved before a file is fetched. If the previous and the next version of a
  collection do not both fit, the previous one is deleted first; the request waits some seconds for
  the searches that hold it, and is then answered 503 with Retry-After.
- ``get`` returns exactly the requested version, verified after it was fetched.
- A collection that was forgotten leaves no file.

The most recently used files are open: mapped, with their codes loaded. An open file holds file
descriptors (Python's mmap keeps one each), mappings and the memory of its codes, so the number of
open files has its own bound. Opening a file again takes a millisecond for a small one and tens of
milliseconds for a million faces.
"""

from __future__ import annotations

import errno
import logging
import shutil
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

from shared.domain.errors import Unavailable
from shared.gallery.search.trained_faces import TrainedFaces
from shared.gallery.snapshots.disk_budget import CachedFile, DiskBudget
from shared.gallery.snapshots.format import TornSnapshot
from shared.gallery.snapshots.mapped import Snapshot

_log = logging.getLogger(__name__)

OPEN_AT_ONCE = 200
"""Maximum number of open collections: 400 descriptors of the 1,024 a process usually has."""

_FORGOTTEN_KEPT = 1_000
_PATIENCE = 5.0
"""Seconds that a request waits for searches that hold deleted files; a search takes
milliseconds."""

_FETCHES = 2
"""Attempts at a file that arrives damaged before the snapshot itself counts as damaged."""


class SnapshotSource(Protocol):
    """The permanent store of snapshots."""

    def size(self, incarnation: str, version: str) -> int | None:
        """The bytes of a snapshot; None if it does not exist."""
        ...

    def fetch(self, incarnation: str, version: str, target: Path) -> bool:
        """Write a snapshot to a file; False, and no file, if it does not exist."""
        ...


@dataclass(frozen=True, slots=True)
class SnapshotName:
    """The incarnation of a collection and the version of its snapshot."""

    incarnation: str
    version: str


@dataclass(frozen=True, slots=True)
class _Opened:
    version: str
    faces: TrainedFaces


class SnapshotCache:
    """Caches snapshots and evicts the least recently used collections first.

    Args:
        directory: emptied on construction, since what an earlier process left is not trusted.
        source: where to fetch from.
        maximum_bytes: maximum bytes of disk for the snapshots.
        maximum_open: maximum number of open collections.
        patience: seconds that a request waits for room.
    """

    def __init__(
        self,
        directory: Path,
        source: SnapshotSource,
        *,
        maximum_bytes: int,
        maximum_open: int = OPEN_AT_ONCE,
        patience: float = _PATIENCE,
    ) -> None:
        self._directory = directory
        self._source = source
        self._maximum_open = maximum_open
        self._patience = patience
        self._lock = threading.RLock()
        self._budget = DiskBudget(maximum_bytes, self._lock)
        self._files: OrderedDict[str, dict[str, CachedFile]] = OrderedDict()
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._turns: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        """Threads that need the same collection fetch one after the other."""
        self._forgotten: OrderedDict[str, None] = OrderedDict()
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def bytes_on_disk(self) -> int:
        """Bytes of the files, of deleted ones that are still mapped, and of those being fetched."""
        return self._budget.used

    def get(self, name: SnapshotName) -> TrainedFaces | None:
        """The faces of a version, fetched if necessary, and only once for concurrent callers.

        Returns:
            None if the version does not exist or is damaged.

        Raises:
            Unavailable: there is no room for it at the moment, or it cannot be fetched.
        """
        with self._lock:
            opened = self._known(name)
            if opened is not None:
                return opened
            turn = self._turns.setdefault(name.incarnation, threading.Lock())
        with turn:
            with self._lock:
                opened = self._known(name)
            return opened or self._open(name)

    def forget(self, incarnation: str) -> None:
        """Drop every snapshot of a collection, from memory and disk, for good."""
        with self._lock:
            self._forgotten[incarnation] = None
            if len(self._forgotten) > _FORGOTTEN_KEPT:
                self._forgotten.popitem(last=False)
            self._drop(incarnation)

    def drop(self, incarnation: str) -> None:
        """Drop every snapshot of a collection; the next search fetches what it needs."""
        with self._lock:
            self._drop(incarnation)

    def keep(self, incarnation: str, version: str) -> None:
        """Drop the snapshots of a collection unless this version is open."""
        with self._lock:
            opened = self._opened.get(incarnation)
            if opened is not None and opened.version != version:
                self._drop(incarnation)

    def _known(self, name: SnapshotName) -> TrainedFaces | None:
        opened = self._opened.get(name.incarnation)
        if opened is None or opened.version != name.version:
            return None
        self._opened.move_to_end(name.incarnation)
        if name.incarnation in self._files:
            self._files.move_to_end(name.incarnation)
        return opened.faces

    def _open(self, name: SnapshotName) -> TrainedFaces | None:
        newest = self._snapshot(name, {name.version})
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
                self._delete(name.incarnation, version)
            while len(self._opened) > self._maximum_open:
                self._opened.popitem(last=False)
            if name.incarnation in self._forgotten:
                self._drop(name.incarnation)
        return faces

    def _base(self, incarnation: str, version: str, needed: set[str]) -> Snapshot | None:
        """The base of a delta: the open one if it is the same."""
        with self._lock:
            if self._open_base(incarnation) == version:
                return self._opened[incarnation].faces.base
        return self._snapshot(SnapshotName(incarnation, version), needed)

    def _snapshot(self, name: SnapshotName, needed: set[str]) -> Snapshot | None:
        """A file, opened again or fetched; versions that are needed do not make room for it."""
        with self._lock:
            file = self._files.get(name.incarnation, {}).get(name.version)
            if file is not None:
                with suppress(FileNotFoundError, TornSnapshot):
                    return self._budget.map(file, verify=False)
                self._delete(name.incarnation, name.version)
        for _ in range(_FETCHES):
            file = self._reserve(name, needed)
            if file is None:
                return None
            kept = False
            try:
                if not self._fetch(name, file):
                    return None
                snapshot = self._budget.map(file, verify=True)
                # Only a mapped file is made known: another thread may delete it from here on.
                with self._lock:
                    self._files.setdefault(name.incarnation, {})[name.version] = file
                    self._files.move_to_end(name.incarnation)
                    kept = True
                sizes = {"bytes": file.size, "bytes_on_disk": self.bytes_on_disk}
                _log.info("fetched a snapshot", extra={"version": name.version, **sizes})
                return snapshot
            except TornSnapshot:
                _log.warning("a snapshot arrived damaged", extra={"version": name.version})
            finally:
                if not kept:
                    self._budget.delete(file)
        return None

    def _reserve(self, name: SnapshotName, needed: set[str]) -> CachedFile | None:
        size = self._source.size(name.incarnation, name.version)
        if size is None:
            return None
        base = self._open_base(name.incarnation)
        file = self._budget.reserve(
            self._directory / f"{name.incarnation}.{name.version}",
            size,
            make_room=lambda: self._make_room(name.incarnation, needed, base),
            kept=lambda: self._bytes_of(name.incarnation, needed),
            seconds=self._patience,
        )
        if file is None:
            raise Unavailable(
                "The trained data is being replaced. Try again in a few seconds.", retry_after=5
            )
        return file

    def _fetch(self, name: SnapshotName, file: CachedFile) -> bool:
        try:
            if not self._source.fetch(name.incarnation, name.version, file.path):
                return False
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            with self._lock:
                for incarnation in list(self._files):
                    self._drop(incarnation)
            raise Unavailable("The disk is full. Try again later.", retry_after=5) from error
        self._budget.resize(file, file.path.stat().st_size)
        return True

    def _make_room(self, sparing: str, needed: set[str], base: str | None) -> bool:
        """Release something that is not needed; False if there is nothing.

        First other versions of the same collection, then the least recently used collection, and
        last the base of the collection's previous version, since the next may share it.

        Args:
            base: the base of the version that was open when the request began.
        """
        with self._lock:
            own = self._files.get(sparing, {})
            for version in own:
                if version not in needed and version != base:
                    self._let_go(sparing, version)
                    return True
            # A collection may be open although its file was deleted while it was being opened.
            for other in (*self._files, *self._opened):
                if other != sparing:
                    self._drop(other)
                    return True
            if base is not None and (base in own or sparing in self._opened):
                self._let_go(sparing, base)
                return True
            return False

    def _open_base(self, incarnation: str) -> str | None:
        """The version of a collection's open whole snapshot, or None."""
        with self._lock:
            opened = self._opened.get(incarnation)
            return None if opened is None else _base_of(opened)

    def _bytes_of(self, incarnation: str, versions: set[str]) -> int:
        with self._lock:
            own = self._files.get(incarnation, {})
            return sum(file.size for version, file in own.items() if version in versions)

    def _let_go(self, incarnation: str, version: str) -> None:
        """Delete a version, and close it if it is the open one or its base."""
        opened = self._opened.get(incarnation)
        if opened is not None and version in (opened.version, _base_of(opened)):
            del self._opened[incarnation]
        self._delete(incarnation, version)

    def _drop(self, incarnation: str) -> None:
        self._opened.pop(incarnation, None)
        for version in list(self._files.get(incarnation, {})):
            self._delete(incarnation, version)

    def _delete(self, incarnation: str, version: str) -> None:
        versions = self._files.get(incarnation, {})
        file = versions.pop(version, None)
        if not versions:
            self._files.pop(incarnation, None)
        if file is not None:
            self._budget.delete(file)


def _base_of(opened: _Opened) -> str | None:
    """The version of the whole snapshot that an open version reads."""
    delta = opened.faces.delta
    return opened.version if delta is None else delta.index.base
