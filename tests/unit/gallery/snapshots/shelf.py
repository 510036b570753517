"""A source of snapshots in a folder, and caches of it."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from shared.gallery.snapshots.cache import SnapshotCache, SnapshotName
from shared.gallery.snapshots.writer import DeltaFields
from tests.unit.gallery.made_up_faces import MadeUpFaces, make_up, write_snapshot

FACES = make_up(np.random.default_rng(1), persons=20)
OTHERS = make_up(np.random.default_rng(2), persons=30)
A1, A2, A3 = (SnapshotName("a", version) for version in "123")
B1, C1 = SnapshotName("b", "1"), SnapshotName("c", "1")


@dataclass
class Shelf:
    """A SnapshotSource in a folder that counts what is fetched."""

    folder: Path
    delay: float = 0.0
    fetched: list[str] = field(default_factory=list)

    def put(self, name: SnapshotName, faces: MadeUpFaces, delta: DeltaFields | None = None) -> int:
        write_snapshot(self.path(name), faces, delta=delta)
        return self.path(name).stat().st_size

    def path(self, name: SnapshotName) -> Path:
        return self.folder / f"{name.incarnation}-{name.version}"

    def size(self, incarnation: str, version: str) -> int | None:
        path = self.path(SnapshotName(incarnation, version))
        return path.stat().st_size if path.exists() else None

    def fetch(self, incarnation: str, version: str, target: Path) -> bool:
        path = self.path(SnapshotName(incarnation, version))
        if not path.exists():
            return False
        time.sleep(self.delay)
        self.fetched.append(f"{incarnation}-{version}")
        shutil.copyfile(path, target)
        return True


def cache_of(
    shelf: Shelf, *, maximum_bytes: int = 10**9, maximum_open: int = 200, patience: float = 5.0
) -> SnapshotCache:
    return SnapshotCache(
        shelf.folder.parent / "cache",
        shelf,
        maximum_bytes=maximum_bytes,
        maximum_open=maximum_open,
        patience=patience,
    )


def on_disk(shelf: Shelf) -> set[str]:
    return {path.name for path in (shelf.folder.parent / "cache").iterdir()}
