"""The work of a training run: write a snapshot, publish it, remove what it replaces."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.domain.clock import Clock
from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection
from shared.domain.vectors import VectorVersion
from shared.gallery.snapshots.format import TornSnapshot
from shared.gallery.snapshots.mapped import Snapshot
from shared.services.training.cohort_policy import CohortPolicy
from shared.services.training.vector_index_builder import VectorIndexBuilder
from shared.services.training.work_folder import work_folder
from shared.services.training.writer import write_first_delta, write_next_delta, write_whole
from shared.storage.account.blobs import BlobStore
from shared.storage.layout import SNAPSHOTS
from shared.storage.records.collections.tombstones import TombstoneRecords, Tombstones
from shared.storage.records.collections.training_faces import TrainingFaces

_log = logging.getLogger(__name__)

AMENDED_FROM = 10_000
"""Faces from which a collection is trained by deltas. Reading fewer takes about a second."""

DELTA_SUFFIX = ".delta"


@dataclass(frozen=True, slots=True)
class BuiltSnapshot:
    """A published snapshot, or what stands for one in the vector index.

    Attributes:
        version: what the training record points to.
        faces: in the file that this version names; of a delta, what changed.
        persons: likewise.
        applied_tombstones: the tombstones that are in it.
        parts: the versions that a search of it reads: the snapshot, or the delta and its base.
        published: those of them that this run wrote.
        replaces: versions that are not needed once it is in use.
    """

    version: str
    faces: int
    persons: int
    applied_tombstones: Tombstones
    parts: frozenset[str]
    published: tuple[str, ...]
    replaces: frozenset[str]


class SnapshotBuilder:
    """Builds, publishes and removes snapshots.

    Args:
        directory: where files are written before they are published.
        amended_from: faces from which a collection is trained by deltas.
        cohorts: whether scores are normalised.
        vectors: fills the vector index; None: there is none.
    """

    def __init__(
        self,
        faces: TrainingFaces,
        tombstones: TombstoneRecords,
        blobs: BlobStore,
        directory: Path,
        new_id: IdFactory,
        clock: Clock,
        *,
        cohorts: CohortPolicy,
        amended_from: int = AMENDED_FROM,
        vectors: VectorIndexBuilder | None = None,
    ) -> None:
        self._faces = faces
        self._tombstones = tombstones
        self._blobs = blobs
        self._directory = directory
        self._new_id = new_id
        self._clock = clock
        self._amended_from = amended_from
        self._vectors = vectors
        self._cohorts = cohorts

    def build(
        self, collection: Collection, previous: str | None, progress: Callable[[int], None]
    ) -> BuiltSnapshot:
        """Publish a snapshot of the collection's faces as they are now.

        Args:
            previous: the version in use.
            progress: told in percent.

        Raises:
            Untrainable: there is nothing, or not one thing, to train on.
        """
        # Tombstones are written before documents go: a face deleted from here on has one that
        # stays, a face deleted before is left out even if its document is still being removed.
        applied_tombstones = self._tombstones.read(collection.incarnation)
        indexed = self._indexed(collection, applied_tombstones, previous, progress)
        if indexed is not None:
            return indexed
        with work_folder(self._directory) as folder:
            before = self._delta_in_use(collection, previous, folder)
            built = before and self._amend(collection, applied_tombstones, previous, before, folder)
            return built or self._whole(
                collection, applied_tombstones, previous, before, folder, progress
            )

    def settle(self, collection: Collection, built: BuiltSnapshot) -> None:
        """After the switch: deletes applied tombstones and snapshots that are not in use.

        That is what the snapshot replaces, and older ones that a trainer left when it died.
        """
        self._tombstones.clear(collection.incarnation, built.applied_tombstones)
        own = self._blobs.properties(SNAPSHOTS, blob_name(collection.incarnation, built.version))
        for blob in self._blobs.listing(SNAPSHOTS, prefix=f"{collection.incarnation}/"):
            version = blob.name.partition("/")[2]
            older = own is not None and blob.modified < own.modified
            if version not in built.parts and (version in built.replaces or older):
                self._remove(collection, version)

    def discard(self, collection: Collection, built: BuiltSnapshot) -> None:
        """Remove what was published for nothing."""
        for version in built.published:
            self._remove(collection, version)

    def _remove(self, collection: Collection, version: str) -> None:
        indexed = VectorVersion.parse(version)
        if indexed is not None and self._vectors is not None:
            self._vectors.remove(collection.incarnation, indexed)
        else:
            self._blobs.delete(SNAPSHOTS, blob_name(collection.incarnation, version))

    def _indexed(
        self,
        collection: Collection,
        applied_tombstones: Tombstones,
        previous: str | None,
        progress: Callable[[int], None],
    ) -> BuiltSnapshot | None:
        """What was put into the vector index; None where the collection does not go there."""
        if self._vectors is None:
            return None
        filled = self._vectors.fill(collection, applied_tombstones.ids, progress)
        if filled is None:
            return None
        return BuiltSnapshot(
            filled.name,
            filled.faces,
            filled.persons,
            applied_tombstones,
            parts=frozenset({filled.name}),
            published=(filled.name,),
            replaces=frozenset({previous} if previous is not None else ()),
        )

    def _delta_in_use(
        self, collection: Collection, previous: str | None, folder: Path
    ) -> Snapshot | None:
        """The delta that the next one can go on from."""
        if previous is None or not previous.endswith(DELTA_SUFFIX):
            return None
        path = folder / "previous"
        if not self._blobs.download(SNAPSHOTS, blob_name(collection.incarnation, previous), path):
            return None
        try:
            return Snapshot.open(path, verify=True)
        except TornSnapshot:
            _log.warning("the delta in use is damaged", extra={"version": previous})
            return None

    def _amend(
        self,
        collection: Collection,
        applied_tombstones: Tombstones,
        previous: str | None,
        before: Snapshot,
        folder: Path,
    ) -> BuiltSnapshot | None:
        path = folder / "delta"
        index = write_next_delta(
            self._faces, collection, applied_tombstones.ids, before, path, created=self._clock.now()
        )
        if index is None:
            return None
        version = self._publish_delta(collection, path)
        return BuiltSnapshot(
            version,
            index.faces,
            index.persons,
            applied_tombstones,
            parts=frozenset({version, index.base or ""}),
            published=(version,),
            replaces=frozenset({previous or ""}),
        )

    def _whole(
        self,
        collection: Collection,
        applied_tombstones: Tombstones,
        previous: str | None,
        before: Snapshot | None,
        folder: Path,
        progress: Callable[[int], None],
    ) -> BuiltSnapshot:
        # What is written while the pass is under way must come after the marks, so they are first.
        marks = {one: self._faces.mark(one) for one in self._faces.partitions(collection)}
        path, created = folder / "whole", self._clock.now()
        index = write_whole(
            self._faces,
            collection,
            applied_tombstones.ids,
            path,
            created=created,
            progress=progress,
            cohorts=self._cohorts,
        )
        progress(95)
        version = base = self._new_id()
        self._blobs.write(SNAPSHOTS, blob_name(collection.incarnation, base), path)
        if index.faces >= self._amended_from:
            whole = Snapshot.open(path, verify=False, coded=False)
            version = self._first_delta(collection, base, whole, marks, folder)
        obsolete = {previous, before.index.base if before is not None else None}
        return BuiltSnapshot(
            version,
            index.faces,
            index.persons,
            applied_tombstones,
            parts=frozenset({version, base}),
            published=tuple({version, base}),
            replaces=frozenset(one for one in obsolete if one is not None),
        )

    def _first_delta(
        self,
        collection: Collection,
        base: str,
        whole: Snapshot,
        marks: dict[str, str],
        folder: Path,
    ) -> str:
        path = folder / "delta"
        write_first_delta(path, base, whole, marks, self._clock.now())
        return self._publish_delta(collection, path)

    def _publish_delta(self, collection: Collection, path: Path) -> str:
        version = self._new_id() + DELTA_SUFFIX
        self._blobs.write(SNAPSHOTS, blob_name(collection.incarnation, version), path)
        return version


def blob_name(incarnation: str, version: str) -> str:
    """Where a snapshot lies in its container."""
    return f"{incarnation}/{version}"


class BlobSnapshots:
    """Fetches snapshots for the cache."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def size(self, incarnation: str, version: str) -> int | None:
        """How many bytes a snapshot has; None where it does not exist (any more)."""
        found = self._blobs.properties(SNAPSHOTS, blob_name(incarnation, version))
        return None if found is None else found.size

    def fetch(self, incarnation: str, version: str, target: Path) -> bool:
        """Write a snapshot to a file; False where it does not exist (any more)."""
        return self._blobs.download(SNAPSHOTS, blob_name(incarnation, version), target)
