"""Builds a snapshot: writes it, publishes it, removes the versions that it replaces."""

from __future__ import annotations

import logging
from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path

from shared.domain.clock import Clock
from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection
from shared.domain.vectors import VectorVersion
from shared.gallery.snapshots.format import TornSnapshot
from shared.gallery.snapshots.mapped import Snapshot
from shared.services.training.cohort_policy import CohortPolicy
from shared.services.training.source import CollectionSource, TrainingSource
from shared.services.training.vector_index_builder import VectorIndexBuilder
from shared.services.training.work_folder import work_folder
from shared.services.training.writer import write_first_delta, write_next_delta, write_whole
from shared.storage.account.blobs import BlobStore
from shared.storage.layout import (
    DELTA_SUFFIX,
    SNAPSHOTS,
    snapshot_blob,
    snapshot_folder,
    snapshot_of,
)

_log = logging.getLogger(__name__)

AMENDED_FROM = 10_000
"""Number of faces from which a collection is trained by deltas. Reading fewer takes about one
second."""


@dataclass(frozen=True, slots=True)
class BuiltSnapshot:
    """A published snapshot, or a version in the vector index.

    Attributes:
        version: the version that the training record names.
        faces: number of faces in the file of this version; for a delta, of the changed faces.
        persons: likewise for persons.
        parts: the versions that a search reads: the snapshot, or the delta and its base.
        published: the versions among ``parts`` that this run wrote.
        replaces: versions that are no longer needed once this one is in use.
    """

    version: str
    faces: int
    persons: int
    parts: frozenset[str]
    published: tuple[str, ...]
    replaces: frozenset[str]


class SnapshotBuilder:
    """Builds, publishes and removes snapshots.

    Args:
        directory: where files are written before they are published.
        amended_from: number of faces from which a collection is trained by deltas.
        cohorts: whether scores are normalised.
        vectors: fills the vector index; None: there is none.
    """

    def __init__(
        self,
        source: TrainingSource,
        blobs: BlobStore,
        directory: Path,
        new_id: IdFactory,
        clock: Clock,
        *,
        cohorts: CohortPolicy,
        amended_from: int = AMENDED_FROM,
        vectors: VectorIndexBuilder | None = None,
    ) -> None:
        self._source = source
        self._blobs = blobs
        self._directory = directory
        self._new_id = new_id
        self._clock = clock
        self._amended_from = amended_from
        self._vectors = vectors
        self._cohorts = cohorts

    def build(
        self,
        collection: Collection,
        previous: str | None,
        progress: Callable[[int], None],
        *,
        whole: bool,
    ) -> BuiltSnapshot:
        """Publish a snapshot of the collection's current faces.

        Args:
            previous: the version in use.
            progress: called with the percentage.
            whole: whether it must not be a delta.

        Raises:
            Untrainable: there is no face, or faces of several models.
        """
        source = self._source.open(collection)
        indexed = self._indexed(source, previous, progress)
        if indexed is not None:
            return indexed
        with work_folder(self._directory) as folder:
            before = self._delta_in_use(collection, previous, folder)
            if before is not None and not whole:
                amended = self._amend(source, previous, before, folder)
                if amended is not None:
                    return amended
            return self._whole(source, previous, before, folder, progress)

    def settle(self, collection: Collection, built: BuiltSnapshot) -> None:
        """After the switch, delete the snapshots that are not in use.

        These are the ones that ``built`` replaces, and older ones left by a worker that crashed.
        """
        self._remove_unused(collection, built.version, built.parts, built.replaces)

    def tidy(
        self, collection: Collection, version: str | None, is_current: Callable[[], bool]
    ) -> bool:
        """Delete the snapshots that do not belong to the one in use, whatever their age.

        If the version in use is a delta that cannot be read, nothing is deleted.

        Args:
            version: the version in use; None: there is none.
            is_current: whether ``version`` is still in use and no training runs; called after the
                snapshots were listed, so that none of those listed is about to be used.

        Returns:
            False if ``is_current`` returned False, and nothing was deleted.
        """
        parts = {version}
        if version is not None and version.endswith(DELTA_SUFFIX):
            with work_folder(self._directory) as folder:
                delta = self._delta_in_use(collection, version, folder)
            if delta is None:
                return True
            parts.add(delta.index.base)
        versions = [name for _, name in map(snapshot_of, self._names(collection))]
        if not is_current():
            return False
        for name in versions:
            if name not in parts:
                self._remove(collection, name)
        return True

    def exists(self, collection: Collection, version: str) -> bool:
        """Whether the blob of a version exists."""
        name = snapshot_blob(collection.incarnation, version)
        return self._blobs.properties(SNAPSHOTS, name) is not None

    def discard(self, collection: Collection, built: BuiltSnapshot) -> None:
        """Delete the versions that were published but not put into use."""
        for version in built.published:
            self._remove(collection, version)

    def _remove_unused(
        self, collection: Collection, version: str, parts: Set[str], replaces: Set[str]
    ) -> None:
        own = self._blobs.properties(SNAPSHOTS, snapshot_blob(collection.incarnation, version))
        for blob in self._blobs.listing(SNAPSHOTS, prefix=snapshot_folder(collection.incarnation)):
            _, name = snapshot_of(blob.name)
            older = own is not None and blob.modified < own.modified
            if name not in parts and (name in replaces or older):
                self._remove(collection, name)

    def _names(self, collection: Collection) -> list[str]:
        folder = snapshot_folder(collection.incarnation)
        return [blob.name for blob in self._blobs.listing(SNAPSHOTS, prefix=folder)]

    def _remove(self, collection: Collection, version: str) -> None:
        indexed = VectorVersion.parse(version)
        if indexed is not None and self._vectors is not None:
            self._vectors.remove(collection.incarnation, indexed)
        else:
            self._blobs.delete(SNAPSHOTS, snapshot_blob(collection.incarnation, version))

    def _indexed(
        self, source: CollectionSource, previous: str | None, progress: Callable[[int], None]
    ) -> BuiltSnapshot | None:
        """The version in the vector index; None if the collection is searched in memory."""
        if self._vectors is None:
            return None
        filled = self._vectors.fill(source, progress, self._cohorts)
        if filled is None:
            return None
        return BuiltSnapshot(
            filled.name,
            filled.faces,
            filled.persons,
            parts=frozenset({filled.name}),
            published=(filled.name,),
            replaces=frozenset({previous} if previous is not None else ()),
        )

    def _delta_in_use(
        self, collection: Collection, previous: str | None, folder: Path
    ) -> Snapshot | None:
        """The delta in use, which the next one continues; None if there is none."""
        if previous is None or not previous.endswith(DELTA_SUFFIX):
            return None
        path = folder / "previous"
        if not self._blobs.download(
            SNAPSHOTS, snapshot_blob(collection.incarnation, previous), path
        ):
            return None
        try:
            return Snapshot.open(path, verify=True)
        except TornSnapshot:
            _log.warning("the delta in use is damaged", extra={"version": previous})
            return None

    def _amend(
        self, source: CollectionSource, previous: str | None, before: Snapshot, folder: Path
    ) -> BuiltSnapshot | None:
        path = folder / "delta"
        index = write_next_delta(
            source, before, path, created=self._clock.now(), cohorts=self._cohorts
        )
        if index is None:
            return None
        version = self._publish_delta(source.collection, path)
        return BuiltSnapshot(
            version,
            index.faces,
            index.persons,
            parts=frozenset({version, index.base or ""}),
            published=(version,),
            replaces=frozenset({previous or ""}),
        )

    def _whole(
        self,
        source: CollectionSource,
        previous: str | None,
        before: Snapshot | None,
        folder: Path,
        progress: Callable[[int], None],
    ) -> BuiltSnapshot:
        collection = source.collection
        # Changes made during the pass must come after the positions, so the positions come first.
        positions = source.positions()
        path, created = folder / "whole", self._clock.now()
        index = write_whole(source, path, created=created, progress=progress, cohorts=self._cohorts)
        progress(95)
        version = base = self._new_id()
        self._blobs.write(SNAPSHOTS, snapshot_blob(collection.incarnation, base), path)
        if index.faces >= self._amended_from:
            whole = Snapshot.open(path, verify=False, coded=False)
            version = self._first_delta(collection, base, whole, positions, folder)
        obsolete = {previous, before.index.base if before is not None else None}
        return BuiltSnapshot(
            version,
            index.faces,
            index.persons,
            parts=frozenset({version, base}),
            published=tuple({version, base}),
            replaces=frozenset(one for one in obsolete if one is not None),
        )

    def _first_delta(
        self,
        collection: Collection,
        base: str,
        whole: Snapshot,
        positions: dict[str, str],
        folder: Path,
    ) -> str:
        path = folder / "delta"
        write_first_delta(path, base, whole, positions, self._clock.now())
        return self._publish_delta(collection, path)

    def _publish_delta(self, collection: Collection, path: Path) -> str:
        version = self._new_id() + DELTA_SUFFIX
        self._blobs.write(SNAPSHOTS, snapshot_blob(collection.incarnation, version), path)
        return version


class BlobSnapshots:
    """Fetches snapshots for the cache."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def size(self, incarnation: str, version: str) -> int | None:
        """Size of a snapshot in bytes; None if it does not exist."""
        found = self._blobs.properties(SNAPSHOTS, snapshot_blob(incarnation, version))
        return None if found is None else found.size

    def fetch(self, incarnation: str, version: str, target: Path) -> bool:
        """Write a snapshot to a file; False if it does not exist."""
        return self._blobs.download(SNAPSHOTS, snapshot_blob(incarnation, version), target)
