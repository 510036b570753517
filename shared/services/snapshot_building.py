"""The work of a training run: read the faces in order, write a snapshot, publish it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from shared.faces.identifiers import IdFactory
from shared.faces.values import Collection
from shared.gallery.snapshot import SnapshotWriter
from shared.storage.blobs import BlobStore
from shared.storage.names import SNAPSHOTS
from shared.storage.people import People
from shared.storage.tombstones import TombstoneRecords, Tombstones

_HEARTBEAT_SECONDS = 10.0


class NoFaces(Exception):
    """The collection has no face to train on."""


@dataclass(frozen=True, slots=True)
class BuiltSnapshot:
    """A published snapshot and the tombstones that it already heeds."""

    version: str
    faces: int
    persons: int
    heeded: Tombstones


class SnapshotBuilder:
    """Builds, publishes and removes snapshots."""

    def __init__(
        self, people: People, tombstones: TombstoneRecords, blobs: BlobStore, new_id: IdFactory
    ) -> None:
        self._people = people
        self._tombstones = tombstones
        self._blobs = blobs
        self._new_id = new_id

    def build(self, collection: Collection, heartbeat: Callable[[int], None]) -> BuiltSnapshot:
        """Write a snapshot of the collection's faces as they are now.

        Args:
            heartbeat: called every ten seconds with the progress in percent.

        Raises:
            NoFaces: there is nothing to train on.
        """
        # Tombstones are written before documents go: a face deleted from here on has one that
        # stays, a face deleted before is left out even if its document is still being removed.
        heeded = self._tombstones.read(collection.incarnation)
        version = self._new_id()
        with tempfile.TemporaryDirectory(prefix="lineament-") as folder:
            path = Path(folder) / version
            faces, persons = self._write(collection, heeded, path, heartbeat)
            self._blobs.write(SNAPSHOTS, blob_name(collection.incarnation, version), path)
        return BuiltSnapshot(version, faces, persons, heeded)

    def settle(self, collection: Collection, built: BuiltSnapshot, previous: str | None) -> None:
        """After the switch: forget heeded tombstones, remove the snapshot that was in use."""
        self._tombstones.clear(collection.incarnation, built.heeded)
        if previous is not None:
            self.discard(collection, previous)

    def discard(self, collection: Collection, version: str) -> None:
        """Remove a snapshot."""
        self._blobs.delete(SNAPSHOTS, blob_name(collection.incarnation, version))

    def _write(
        self,
        collection: Collection,
        heeded: Tombstones,
        path: Path,
        heartbeat: Callable[[int], None],
    ) -> tuple[int, int]:
        expected = max(1, self._people.count_faces(collection))
        last_beat = time.monotonic()
        writer: SnapshotWriter | None = None
        with ExitStack() as stack:
            for page in self._people.walk_faces(collection):
                for face in page:
                    if {face.person_id, face.persisted_face_id} & heeded.ids:
                        continue
                    embedding = face.embedding
                    if writer is None:
                        dimension = len(embedding.vector)
                        writer = stack.enter_context(
                            SnapshotWriter(path, model=embedding.model, dimension=dimension)
                        )
                    writer.add(face.person_id, face.persisted_face_id, embedding.vector)
                if time.monotonic() - last_beat > _HEARTBEAT_SECONDS and writer is not None:
                    heartbeat(min(99, 100 * writer.faces // expected))
                    last_beat = time.monotonic()
            if writer is None:
                raise NoFaces
            index = writer.finish()
        return index.faces, index.persons


def blob_name(incarnation: str, version: str) -> str:
    """Where a snapshot lies in its container."""
    return f"{incarnation}/{version}"


class BlobSnapshots:
    """Fetches snapshots for the cache."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def fetch(self, incarnation: str, version: str, target: Path) -> bool:
        """Write a snapshot to a file; False where it does not exist (any more)."""
        return self._blobs.download(SNAPSHOTS, blob_name(incarnation, version), target)
