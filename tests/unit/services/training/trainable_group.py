"""A group that tests enrol into, train, search and erase, over SQLite and a folder of blobs."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey, CollectionKind
from shared.domain.values import Collection, Embedding, PersistedFace, Person, TrainingRecord
from shared.gallery.snapshots.cache import SnapshotCache
from shared.services.deletion.erasure import DELAY, Erasure
from shared.services.deletion.snapshot_eraser import SnapshotEraser
from shared.services.galleries.galleries import Galleries
from shared.services.galleries.outdated import OutdatedSnapshots
from shared.services.messages import ErasureMessage, TrainingMessage
from shared.services.training.builder import BlobSnapshots, SnapshotBuilder
from shared.services.training.cohort_policy import CohortPolicy
from shared.services.training.training import Training
from shared.services.training.vector_index_builder import VectorIndexBuilder
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import (
    COLLECTIONS,
    ERASURE_QUEUE,
    PEOPLE,
    SNAPSHOTS,
    TRAINING_QUEUE,
)
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.people import People
from shared.storage.records.collections.tombstones import TombstoneRecords
from shared.storage.records.collections.training_faces import TrainingFaces
from shared.storage.records.collections.trainings import TrainingRecords
from shared.storage.vectors.face_vectors import FaceVectors
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock
from tests.doubles.queues import RecordingQueues
from tests.unit.gallery.made_up_faces import unit

DIMENSION = 32


def new_id() -> str:
    return str(uuid.uuid4())


class TrainableGroup:
    """One group with the services that train, search and erase it."""

    def __init__(
        self,
        folder: Path,
        *,
        kind: CollectionKind = LARGE_PERSON_GROUP,
        amended_from: int = 10,
        normalised: bool = False,
        dimension: int = DIMENSION,
    ) -> None:
        self.dimension = dimension
        self.cohorts = CohortPolicy(frozenset({"made-up"} if normalised else ()))
        self.amended_from = amended_from
        self.clock = ManualClock()
        self.store = SqliteDocumentStore(folder / "store.sqlite", clock=self.clock)
        people_container = self.store.container(PEOPLE)
        collection_container = self.store.container(COLLECTIONS)
        self.blobs = FolderBlobs(folder / "blobs", self.clock)
        self.queue = RecordingQueues({TRAINING_QUEUE: {0}, ERASURE_QUEUE: {0, DELAY}})
        self.people = People(people_container)
        self.collections = CollectionRecords(collection_container)
        self.trainings = TrainingRecords(collection_container)
        self.tombstones = TombstoneRecords(people_container)
        self.faces = TrainingFaces(people_container)
        self.cache_folder = folder / "cache"
        self.cache = SnapshotCache(
            self.cache_folder, BlobSnapshots(self.blobs), maximum_bytes=10**9
        )
        self.work = folder / "work"
        self.train_with(amended_from=amended_from)
        self.eraser = SnapshotEraser(self.blobs, self.work, new_id, self.clock, self.cohorts)
        self.vectors: FaceVectors | None = None
        self.galleries = Galleries(
            self.collections,
            self.trainings,
            self.tombstones,
            self.cache,
            OutdatedSnapshots(self.queue),
        )
        self.key = CollectionKey(kind, "group")
        self.collections.create(Collection(kind, "group", "group", "recognition_04", new_id()))
        self.generator = np.random.default_rng(1)

    def train_with(self, *, amended_from: int, filling: VectorIndexBuilder | None = None) -> None:
        """Replace the builder that trainings use from now on; see SnapshotBuilder."""
        self.builder = SnapshotBuilder(
            self.faces,
            self.tombstones,
            self.blobs,
            self.work,
            new_id,
            self.clock,
            cohorts=self.cohorts,
            amended_from=amended_from,
            vectors=filling,
        )
        self.training = Training(
            self.collections, self.trainings, self.builder, self.queue, new_id, self.clock
        )

    def normalise(self) -> None:
        """Normalise scores from the next training or erasure on."""
        self.cohorts = CohortPolicy(frozenset({"made-up"}))
        self.train_with(amended_from=self.amended_from)
        self.eraser = SnapshotEraser(self.blobs, self.work, new_id, self.clock, self.cohorts)

    @property
    def collection(self) -> Collection:
        return self.collections.get(self.key)

    def add_person(self, faces: int = 1) -> PersistedFace:
        """Create a person with some faces and return the last one."""
        person_id = new_id()
        self.people.create(self.collection, Person(person_id, "somebody"))
        return [self.add_face(person_id) for _ in range(faces)][-1]

    def add_face(self, person_id: str, *, model: str = "made-up") -> PersistedFace:
        face = self.made_up_face(person_id, model=model)
        self.people.add_face(self.collection, face)
        return face

    def made_up_face(self, person_id: str, *, model: str = "made-up") -> PersistedFace:
        """A face with a random embedding, not stored."""
        vector = unit(self.generator.standard_normal(self.dimension, dtype=np.float32))
        return PersistedFace(new_id(), person_id, Embedding(vector, model))

    @property
    def erasures(self) -> list[str]:
        """The queued erasure messages."""
        return self.queue.texts(ERASURE_QUEUE)

    @property
    def training_messages(self) -> list[str]:
        """The training messages that were sent."""
        return self.queue.texts(TRAINING_QUEUE)

    @property
    def erasure(self) -> Erasure:
        return Erasure(
            self.collections,
            self.trainings,
            self.tombstones,
            self.training,
            self.builder,
            self.eraser,
            self.cache,
            self.queue,
            self.vectors,
        )

    def delete_person(self, person_id: str) -> None:
        self.mark_deleted(person_id)
        self.people.delete(self.collection, person_id)

    def delete_face(self, face: PersistedFace) -> None:
        self.mark_deleted(face.person_id, face.persisted_face_id)
        self.people.delete_face(self.collection, face.person_id, face.persisted_face_id)

    def mark_deleted(self, person_id: str, face_id: str | None = None) -> None:
        """Add the tombstone and request the erasure, as a deletion does first."""
        self.tombstones.add(self.collection.incarnation, face_id or person_id)
        self.collections.update(
            self.key, lambda current: replace(current, deletions=current.deletions + 1)
        )
        self.erasure.request(self.collection, person_id, face_id)

    def erase(self) -> None:
        """Deliver the queued erasure messages after their delay."""
        self.clock.advance(timedelta(seconds=DELAY))
        for text in self.queue.take(ERASURE_QUEUE):
            self.erasure.run(msgspec.json.decode(text, type=ErasureMessage))

    def holds(self, face: PersistedFace) -> bool:
        """Whether any snapshot file contains the embedding of a face."""
        content = face.embedding.vector.tobytes()
        return any(
            content in (self.blobs.read(SNAPSHOTS, blob.name) or b"")
            for blob in self.blobs.listing(SNAPSHOTS)
        )

    def copies(self) -> list[Path]:
        """The files in the snapshot cache."""
        return [path for path in self.cache_folder.rglob("*") if path.is_file()]

    @property
    def is_trained_by_deltas(self) -> bool:
        """Whether the training in use is a delta on top of a base."""
        return (self.training.status(self.key).snapshot or "").endswith(".delta")

    def train(self) -> TrainingRecord:
        """Request a training, deliver its message and return the training's record."""
        self.clock.advance(timedelta(seconds=1))
        self.training.request(self.key)
        self.training.run(self.message(), last_attempt=False)
        return self.training.status(self.key)

    def message(self) -> TrainingMessage:
        """The latest training message."""
        return msgspec.json.decode(self.training_messages[-1], type=TrainingMessage)

    def nearest(self, vector: NDArray[np.float32]) -> str:
        """The personId of the best match."""
        found = self.galleries.open(self.key).faces.nearest_persons(vector[None], count=1)
        return found[0][0].person_id

    def found(self) -> set[str]:
        """The ids of all faces that a search can find."""
        probe = unit(np.ones((1, DIMENSION), np.float32))
        found = self.galleries.open(self.key).faces.nearest_faces(probe, count=100_000)[0]
        assert len({match.face_id for match in found}) == len(found)
        return {match.face_id for match in found}

    def stored(self) -> set[str]:
        """The ids of all stored faces."""
        return {
            str(uuid.UUID(bytes=face.face_id))
            for partition in self.faces.partitions(self.collection)
            for page in self.faces.walk(partition)
            for face in page
        }

    def snapshots(self) -> list[str]:
        """The names of all snapshot blobs, without the incarnation."""
        return [blob.name.partition("/")[2] for blob in self.blobs.listing(SNAPSHOTS)]
