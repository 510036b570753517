"""Deletes persons and faces from what the trainings of a collection wrote.

That is the snapshot in use, or the version in the vector index. Faces that were added since the
last training are not added to a snapshot here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from shared.domain.values import Collection, TrainingStatus
from shared.domain.vectors import VectorVersion
from shared.gallery.snapshots.format import TornSnapshot
from shared.services.deletion.snapshot_eraser import SnapshotEraser, SnapshotMissing
from shared.services.training.builder import SnapshotBuilder
from shared.services.training.training import Training
from shared.storage.records.collections.marks import Mark
from shared.storage.records.collections.trainings import StoredTraining, TrainingRecords
from shared.storage.vectors.face_vectors import FaceVectors

_log = logging.getLogger(__name__)


class Copies(Protocol):
    """A cache of snapshots, or of what was computed from them."""

    def drop(self, incarnation: str) -> None:
        """Drop what comes from a collection's snapshots."""
        ...

    def keep(self, incarnation: str, version: str) -> None:
        """Drop what comes from other snapshots of a collection than the one in use."""
        ...


class TrainedData:
    """Deletes persons and faces from snapshots and from the vector index.

    Args:
        training: trains again where a snapshot is missing or damaged.
        builder: deletes the snapshots that were replaced.
        copies: the caches of this instance, and what was computed from snapshots.
        vectors: the vector index; None: there is none.
    """

    def __init__(
        self,
        trainings: TrainingRecords,
        training: Training,
        builder: SnapshotBuilder,
        eraser: SnapshotEraser,
        copies: Sequence[Copies],
        vectors: FaceVectors | None = None,
    ) -> None:
        self._trainings = trainings
        self._training = training
        self._builder = builder
        self._eraser = eraser
        self._copies = copies
        self._vectors = vectors

    def erase(self, collection: Collection, deleted: Sequence[Mark]) -> bool:
        """Delete persons and faces whose documents are deleted already.

        Returns:
            Whether no version in use or in progress can contain them; False while a training runs,
            or where one was started because the snapshot is missing or damaged.
        """
        # A training that starts after this read cannot read the documents.
        stored = self._current(collection)
        if stored is None:
            return True
        if stored.record.status is TrainingStatus.RUNNING:
            return False
        version = stored.record.snapshot
        if version is None:
            return True
        indexed = VectorVersion.parse(version)
        if indexed is not None:
            return self._erase_vectors(collection, indexed, deleted)
        return self._erase_snapshot(collection, version, stored, deleted)

    def tidy(self, collection: Collection) -> bool:
        """Delete snapshots that are not in use: an earlier deletion, or the training that published
        them, may have failed.

        Returns:
            Whether it is done; False while a training runs.
        """
        stored = self._current(collection)
        if stored is None:
            return True
        if stored.record.status is TrainingStatus.RUNNING:
            return False
        version = stored.record.snapshot
        return self._builder.tidy(collection, version, lambda: self._current(collection) == stored)

    def _current(self, collection: Collection) -> StoredTraining | None:
        """The training record; None where there is none of this incarnation."""
        stored = self._trainings.find(collection.key)
        if stored is None or stored.record.incarnation != collection.incarnation:
            return None
        return stored

    def _erase_snapshot(
        self,
        collection: Collection,
        version: str,
        stored: StoredTraining,
        deleted: Sequence[Mark],
    ) -> bool:
        deleted_ids = frozenset(mark.deleted_id for mark in deleted)
        try:
            rewritten = self._eraser.erase(collection, version, deleted_ids)
        except (SnapshotMissing, TornSnapshot):
            self._training.restore(collection.key, version)
            return False
        if rewritten is None:
            # A training has replaced what held it.
            for copies in self._copies:
                copies.keep(collection.incarnation, version)
            return True
        changed = replace(stored.record, snapshot=rewritten.version)
        if self._trainings.write(collection.key, changed, stored) is None:
            self._builder.discard(collection, rewritten)
            return False
        self._builder.settle(collection, rewritten)
        for copies in self._copies:
            copies.drop(collection.incarnation)
        _log.info("erased", extra={"faces": rewritten.faces, "persons": rewritten.persons})
        return True

    def _erase_vectors(
        self, collection: Collection, version: VectorVersion, deleted: Sequence[Mark]
    ) -> bool:
        if self._vectors is None:
            return False
        for mark in deleted:
            self._vectors.erase(collection.incarnation, version, mark.person_id, mark.face_id)
        return True
