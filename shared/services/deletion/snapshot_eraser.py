"""Rewrites snapshots without deleted persons and faces."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.clock import Clock
from shared.domain.identifiers import IdFactory
from shared.domain.values import Collection
from shared.gallery.search.rows import rows_of
from shared.gallery.snapshots.format import SnapshotIndex
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields, SnapshotWriter
from shared.services.training.builder import BuiltSnapshot
from shared.services.training.cohort_policy import CohortPolicy
from shared.services.training.work_folder import work_folder
from shared.storage.account.blobs import BlobStore
from shared.storage.layout import DELTA_SUFFIX, SNAPSHOTS, snapshot_blob

_BLOCK_ROWS = 16_384
"""Rows per read: 8 MB with 128 components."""


class SnapshotMissing(Exception):
    """A snapshot that is in use, or its base, does not exist."""


class SnapshotEraser:
    """Rewrites the files of a training without what was deleted.

    Args:
        directory: where files are written before they are published.
        cohorts: whether scores are normalised; the cohort is then drawn from the remaining faces.
    """

    def __init__(
        self,
        blobs: BlobStore,
        directory: Path,
        new_id: IdFactory,
        clock: Clock,
        cohorts: CohortPolicy,
    ) -> None:
        self._blobs = blobs
        self._directory = directory
        self._new_id = new_id
        self._clock = clock
        self._cohorts = cohorts

    def erase(
        self, collection: Collection, version: str, deleted: frozenset[str]
    ) -> BuiltSnapshot | None:
        """Publish a version without deleted faces; None if the current one contains none of them.

        Args:
            version: the version in use.
            deleted: personIds and persistedFaceIds. Faces that the delta drops are deleted too.

        Raises:
            SnapshotMissing: a file does not exist.
            TornSnapshot: a file is damaged.
        """
        with work_folder(self._directory) as folder:
            newest = self._open(collection, version, folder / "newest")
            ids = {uuid.UUID(one).bytes for one in deleted}
            if newest.index.base is None:
                return self._without_delta(collection, version, newest, ids, folder)
            base = self._open(collection, newest.index.base, folder / "base")
            ids |= {one.tobytes() for one in newest.dropped}
            return self._with_delta(collection, version, newest, base, ids, folder)

    def _without_delta(
        self, collection: Collection, version: str, whole: Snapshot, ids: set[bytes], folder: Path
    ) -> BuiltSnapshot | None:
        rows = rows_of(whole, ids)
        if not len(rows) and not self._is_outdated(collection, whole):
            return None
        index = self._write(collection, whole, rows, folder / "newest")
        written = self._publish(collection, folder / "newest", "")
        return _built(index, written, {written}, {written}, {version})

    def _with_delta(
        self,
        collection: Collection,
        version: str,
        delta: Snapshot,
        base: Snapshot,
        ids: set[bytes],
        folder: Path,
    ) -> BuiltSnapshot | None:
        in_base, in_delta = rows_of(base, ids), rows_of(delta, ids)
        outdated = self._is_outdated(collection, base)
        if not len(in_base) and not len(in_delta) and not outdated:
            return None
        old_base = delta.index.base or ""
        base_version, published = old_base, set[str]()
        if len(in_base) or outdated:
            self._write(collection, base, in_base, folder / "base")
            base_version = self._publish(collection, folder / "base", "")
            published = {base_version}
            base = Snapshot.open(folder / "base", verify=False, coded=False)
        # The base contains nothing any more that the delta must drop.
        fields = DeltaFields.of(base_version, base, delta.index.marks)
        index = self._write(collection, delta, in_delta, folder / "newest", fields)
        written = self._publish(collection, folder / "newest", DELTA_SUFFIX)
        parts = {written, base_version}
        return _built(index, written, parts, published | {written}, {version, old_base} - parts)

    def _open(self, collection: Collection, version: str, path: Path) -> Snapshot:
        """Download a snapshot and verify its checksums."""
        if not self._blobs.download(
            SNAPSHOTS, snapshot_blob(collection.incarnation, version), path
        ):
            raise SnapshotMissing
        return Snapshot.open(path, verify=True)

    def _is_outdated(self, collection: Collection, whole: Snapshot) -> bool:
        """Whether a snapshot lacks a cohort because an older version of the service wrote it."""
        return whole.outdated and self._cohorts.salt(collection, whole.index.model) is not None

    def _write(
        self,
        collection: Collection,
        snapshot: Snapshot,
        left_out: NDArray[np.int64],
        path: Path,
        delta: DeltaFields | None = None,
    ) -> SnapshotIndex:
        """Write a snapshot over its own file, without some of its rows.

        Rows only move towards the beginning, and each block is read before it is overwritten, so
        that no second file is needed. What follows the vectors is copied first.

        Args:
            snapshot: mapped from ``path``; it must not be read afterwards.
        """
        index = snapshot.index
        kept = np.ones(index.faces, np.bool_)
        kept[left_out] = False
        persons, faces = snapshot.persons_of_all(), snapshot.face_ids.copy()
        handicaps = snapshot.handicaps.copy()
        with (
            path.open("rb") as source,
            SnapshotWriter(
                path,
                model=index.model,
                dimension=index.dimension,
                created=self._clock.now(),
                salt=self._cohorts.salt(collection, index.model),
                over=True,
            ) as writer,
        ):
            for begin in range(0, index.faces, _BLOCK_ROWS):
                end = min(begin + _BLOCK_ROWS, index.faces)
                vectors = _rows(source.fileno(), begin, end, index)
                for row in np.flatnonzero(kept[begin:end]) + begin:
                    writer.add(
                        persons[row].tobytes(),
                        faces[row].tobytes(),
                        vectors[row - begin],
                        float(handicaps[row]),
                    )
            return writer.finish(delta)

    def _publish(self, collection: Collection, path: Path, suffix: str) -> str:
        version = self._new_id() + suffix
        self._blobs.write(SNAPSHOTS, snapshot_blob(collection.incarnation, version), path)
        return version


def _rows(descriptor: int, begin: int, end: int, index: SnapshotIndex) -> NDArray[np.float32]:
    """A copy of the current vectors of a snapshot file: float32, (rows, dimension)."""
    width = 4 * index.dimension
    section = index.sections["vectors"]
    content = os.pread(descriptor, (end - begin) * width, section.offset + begin * width)
    return np.frombuffer(content, "<f4").reshape(-1, index.dimension)


def _built(
    index: SnapshotIndex, version: str, parts: set[str], published: set[str], replaces: set[str]
) -> BuiltSnapshot:
    return BuiltSnapshot(
        version,
        index.faces,
        index.persons,
        parts=frozenset(parts),
        published=tuple(published),
        replaces=frozenset(replaces),
    )
