"""Erasure: what trainings wrote is cleared of deleted persons and faces, minutes after they go.

Searches leave them out at once; this is about the embeddings that still lie in a snapshot or in the
vector index. Every deletion sends a message that comes late enough for many deletions to be one
rewriting. What is trained stays what it was: no face that was added since comes into it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Protocol

from shared.domain.values import Collection, TrainingRecord
from shared.domain.vectors import VectorVersion
from shared.services.deletion.snapshot_eraser import SnapshotEraser
from shared.services.messages import ErasureMessage, encode
from shared.services.training.builder import SnapshotBuilder
from shared.services.training.training import Training
from shared.storage.account.queues import QueueSender
from shared.storage.layout import ERASURE_QUEUE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.tombstones import TombstoneRecords
from shared.storage.records.collections.trainings import StoredTraining, TrainingRecords
from shared.storage.vectors.face_vectors import FaceVectors

_log = logging.getLogger(__name__)

DELAY = 300
"""Seconds from a deletion to its erasure, and until a collection in training is looked at again."""


class Copies(Protocol):
    """What erasure needs of what keeps snapshots."""

    def drop(self, incarnation: str) -> None:
        """Drop the copies of a collection's snapshots."""
        ...


class Erasure:
    """Takes what was deleted out of what is searched.

    Args:
        training: tells whether a run is under way.
        builder: removes the files that were replaced.
        copies: those that this instance keeps.
        vectors: the vector index; None: there is none.
    """

    def __init__(
        self,
        collections: CollectionRecords,
        trainings: TrainingRecords,
        tombstones: TombstoneRecords,
        training: Training,
        builder: SnapshotBuilder,
        eraser: SnapshotEraser,
        copies: Copies,
        queues: QueueSender,
        vectors: FaceVectors | None = None,
    ) -> None:
        self._collections = collections
        self._trainings = trainings
        self._tombstones = tombstones
        self._training = training
        self._builder = builder
        self._eraser = eraser
        self._copies = copies
        self._queues = queues
        self._vectors = vectors

    def request(self, collection: Collection, person_id: str, face_id: str | None) -> None:
        """Have a deleted person, or one deleted face of it, erased in some minutes."""
        self._send(
            ErasureMessage(
                collection.kind.name,
                collection.collection_id,
                collection.incarnation,
                person_id,
                face_id,
            )
        )

    def run(self, message: ErasureMessage) -> None:
        """Erase what a message names, and whatever else was deleted; again does no harm."""
        # Read before the tombstones: each deletion writes its tombstone first, then counts itself.
        collection = self._collections.find(message.key)
        stored = self._trainings.find(message.key)
        if collection is None or stored is None:
            return  # Deleting a collection removes all of it, and nobody trained the other one.
        record = stored.record
        if {collection.incarnation, record.incarnation} != {message.incarnation}:
            return
        if self._training.is_alive(record):
            # It may have read the face before it was deleted.
            self._send(message)
        elif record.snapshot is not None:
            self._erase(collection, stored, record.snapshot, message)

    def _erase(
        self, collection: Collection, stored: StoredTraining, version: str, message: ErasureMessage
    ) -> None:
        indexed = VectorVersion.parse(version)
        if indexed is not None:
            if self._vectors is not None and message.person_id is not None:
                self._vectors.erase(
                    collection.incarnation, indexed, message.person_id, message.face_id
                )
            return
        if stored.record.erased >= collection.deletions and message.person_id is not None:
            return
        deleted = self._tombstones.read(collection.incarnation).ids
        rewritten = self._eraser.erase(collection, version, deleted)
        record = replace(stored.record, erased=collection.deletions)
        if rewritten is None:
            self._write(message, record, stored)
            return
        if self._write(message, replace(record, snapshot=rewritten.version), stored):
            self._builder.settle(collection, rewritten)
            self._copies.drop(collection.incarnation)
            _log.info("erased", extra={"faces": rewritten.faces, "persons": rewritten.persons})
        else:
            self._builder.discard(collection, rewritten)

    def _write(
        self, message: ErasureMessage, record: TrainingRecord, stored: StoredTraining
    ) -> bool:
        """Whether nobody wrote the record meanwhile; if somebody did, look again later."""
        if self._trainings.write(message.key, record, stored) is not None:
            return True
        self._send(message)
        return False

    def _send(self, message: ErasureMessage) -> None:
        self._queues.send(ERASURE_QUEUE, encode(message), delay=DELAY)
