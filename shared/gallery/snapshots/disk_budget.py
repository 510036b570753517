"""Bounds the disk space of cached snapshots, including deleted ones that are still mapped.

A deleted file keeps its blocks until its last mapping ends, and a running search holds one. A file
therefore counts until it is both deleted and unmapped, and a file that is to be fetched counts from
the moment its bytes are reserved.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from pathlib import Path

from shared.gallery.snapshots.mapped import Snapshot


class CachedFile:
    """A file in the cache's folder. Made by ``DiskBudget.reserve``.

    Attributes:
        path: where the file is, or will be.
        size: the bytes that are counted for it.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self.named = True
        self.mappings = 0


class DiskBudget:
    """Counts the bytes of cached files and bounds them. Thread-safe.

    Args:
        maximum: bytes. A larger request is granted when nothing else is held.
        lock: the cache's. Reentrant, since a mapping may be collected while its thread holds it.
    """

    def __init__(self, maximum: int, lock: threading.RLock) -> None:
        self._maximum = maximum
        self._used = 0
        self._changed = threading.Condition(lock)

    @property
    def used(self) -> int:
        """The bytes that are counted."""
        with self._changed:
            return self._used

    def reserve(
        self,
        path: Path,
        size: int,
        *,
        make_room: Callable[[], bool],
        kept: Callable[[], int],
        seconds: float,
    ) -> CachedFile | None:
        """Reserve the bytes of a file before it is fetched.

        Args:
            make_room: deletes one file that is not needed; False if there is none.
            kept: bytes of the other files that the request needs.
            seconds: how long to wait for searches that hold deleted files.

        Returns:
            The file, or None if there was no room in time.
        """

        def fits() -> bool:
            while not self._fits(size, kept()):
                if not make_room():
                    return False
            return True

        with self._changed:
            if not self._changed.wait_for(fits, timeout=seconds):
                return None
            self._used += size
            return CachedFile(path, size)

    def resize(self, file: CachedFile, size: int) -> None:
        """Count a file by its actual size once it has been fetched."""
        with self._changed:
            self._used += size - file.size
            file.size = size

    def map(self, file: CachedFile, *, verify: bool) -> Snapshot:
        """Map a file; it counts until the snapshot is collected.

        Raises:
            FileNotFoundError, TornSnapshot: like ``Snapshot.open``.
        """
        snapshot = Snapshot.open(file.path, verify=verify)
        with self._changed:
            file.mappings += 1
        weakref.finalize(snapshot, self._unmapped, file).atexit = False
        return snapshot

    def delete(self, file: CachedFile) -> None:
        """Delete a file; its bytes are free once no mapping is left."""
        with self._changed:
            if file.named:
                file.named = False
                file.path.unlink(missing_ok=True)
                self._free_if_unused(file)

    def _unmapped(self, file: CachedFile) -> None:
        with self._changed:
            file.mappings -= 1
            self._free_if_unused(file)

    def _free_if_unused(self, file: CachedFile) -> None:
        if not file.named and file.mappings == 0:
            self._used -= file.size
            self._changed.notify_all()

    def _fits(self, size: int, kept: int) -> bool:
        return self._used + size <= self._maximum or self._used <= kept
