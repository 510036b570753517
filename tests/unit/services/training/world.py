"""Training without a network: SQLite, a clock, a queue and a blob store in a folder."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
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
from shared.services.messages import ErasureMessage, TrainingMessage
from shared.services.training.builder import BlobSnapshots, SnapshotBuilder
from shared.services.training.training import Training
from shared.services.training.vector_index_builder import VectorIndexBuilder
from shared.storage.account.blobs import BlobProperties
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
from tests.unit.gallery.made_up_faces import unit

DIMENSION = 32


def new_id() -> str:
    return str(uuid.uuid4())


class SteppedClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def pass_time(self, time: timedelta) -> None:
        self._now += time


class FolderBlobs:
    """A BlobStore in a folder; the time of a write is the clock's."""

    def __init__(self, folder: Path, clock: SteppedClock) -> None:
        self._folder = folder
        self._clock = clock
        self._modified: dict[str, datetime] = {}

    def properties(self, container: str, name: str) -> BlobProperties | None:
        path = self._path(container, name)
        if not path.exists():
            return None
        modified = self._modified[f"{container}/{name}"]
        return BlobProperties(container, name, "1", path.stat().st_size, modified)

    def read(self, container: str, name: str, *, etag: str | None = None) -> bytes | None:
        path = self._path(container, name)
        return path.read_bytes() if path.exists() else None

    def download(self, container: str, name: str, target: Path) -> bool:
        if not self._path(container, name).exists():
            return False
        shutil.copyfile(self._path(container, name), target)
        return True

    def write(
        self,
        container: str,
        name: str,
        content: bytes | Path,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
        expected: str | None = None,
    ) -> str:
        path = self._path(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
        self._modified[f"{container}/{name}"] = self._clock.now()
        return "1"

    def delete(self, container: str, name: str) -> bool:
        path = self._path(container, name)
        found = path.exists()
        path.unlink(missing_ok=True)
        return found

    def listing(
        self, container: str, *, prefix: str = "", with_metadata: bool = False
    ) -> Iterator[BlobProperties]:
        folder = self._folder / container
        for path in sorted(folder.rglob("*")) if folder.exists() else []:
            name = path.relative_to(folder).as_posix()
            found = self.properties(container, name) if path.is_file() else None
            if found is not None and name.startswith(prefix):
                yield found

    def _path(self, container: str, name: str) -> Path:
        return self._folder / container / name


@dataclass
class Queue:
    """A QueueSender that keeps what it is given.

    Attributes:
        messages: of the training queue.
        erasures: of the erasure queue; they come late.
    """

    messages: list[str] = field(default_factory=list)
    erasures: list[str] = field(default_factory=list)

    def send(self, queue: str, text: str, *, delay: int = 0) -> None:
        assert (queue, delay) in {(TRAINING_QUEUE, 0), (ERASURE_QUEUE, DELAY)}
        (self.messages if queue == TRAINING_QUEUE else self.erasures).append(text)

    def peek(self, queue: str, *, limit: int = 32) -> list[str]:
        return self.messages[:limit]


class World:
    """One collection and everything that trains and searches it."""

    def __init__(
        self,
        folder: Path,
        *,
        kind: CollectionKind = LARGE_PERSON_GROUP,
        amended_from: int = 10,
    ) -> None:
        self.clock = SteppedClock()
        self.store = SqliteDocumentStore(folder / "store.sqlite", clock=self.clock)
        people_container = self.store.container(PEOPLE)
        collection_container = self.store.container(COLLECTIONS)
        self.blobs = FolderBlobs(folder / "blobs", self.clock)
        self.queue = Queue()
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
        self.eraser = SnapshotEraser(self.blobs, self.work, new_id, self.clock)
        self.vectors: FaceVectors | None = None
        self.galleries = Galleries(self.collections, self.trainings, self.tombstones, self.cache)
        self.key = CollectionKey(kind, "everybody")
        self.collections.create(
            Collection(kind, "everybody", "everybody", "recognition_04", new_id())
        )
        self.generator = np.random.default_rng(1)

    def train_with(self, *, amended_from: int, filling: VectorIndexBuilder | None = None) -> None:
        """From now on; see SnapshotBuilder."""
        self.builder = SnapshotBuilder(
            self.faces,
            self.tombstones,
            self.blobs,
            self.work,
            new_id,
            self.clock,
            amended_from=amended_from,
            vectors=filling,
        )
        self.training = Training(
            self.collections, self.trainings, self.builder, self.queue, new_id, self.clock
        )

    @property
    def collection(self) -> Collection:
        return self.collections.get(self.key)

    def add_person(self, faces: int = 1) -> PersistedFace:
        """A new person; answers its last face."""
        person_id = new_id()
        self.people.create(self.collection, Person(person_id, "somebody"))
        return [self.add_face(person_id) for _ in range(faces)][-1]

    def add_face(self, person_id: str, *, model: str = "made-up") -> PersistedFace:
        face = self.made_up_face(person_id, model=model)
        self.people.add_face(self.collection, face)
        return face

    def made_up_face(self, person_id: str, *, model: str = "made-up") -> PersistedFace:
        """A face that is not stored yet."""
        vector = unit(self.generator.standard_normal(DIMENSION, dtype=np.float32))
        return PersistedFace(new_id(), person_id, Embedding(vector, model))

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
        """What a deletion does first."""
        self.tombstones.add(self.collection.incarnation, face_id or person_id)
        self.collections.update(
            self.key, lambda current: replace(current, deletions=current.deletions + 1)
        )
        self.erasure.request(self.collection, person_id, face_id)

    def erase(self) -> None:
        """Work off the erasures that wait, as the queue would have it done some minutes later."""
        self.clock.pass_time(timedelta(seconds=DELAY))
        waiting, self.queue.erasures[:] = list(self.queue.erasures), []
        for text in waiting:
            self.erasure.run(msgspec.json.decode(text, type=ErasureMessage))

    def holds(self, face: PersistedFace) -> bool:
        """Whether any file of a training has the embedding of a face."""
        content = face.embedding.vector.tobytes()
        return any(
            content in (self.blobs.read(SNAPSHOTS, blob.name) or b"")
            for blob in self.blobs.listing(SNAPSHOTS)
        )

    def copies(self) -> list[Path]:
        """The files in this machine's cache."""
        return [path for path in self.cache_folder.rglob("*") if path.is_file()]

    @property
    def is_trained_by_deltas(self) -> bool:
        """Whether the training in use is a delta on top of a base."""
        return (self.training.status(self.key).snapshot or "").endswith(".delta")

    def train(self) -> TrainingRecord:
        """Train as the queue would have it done."""
        self.clock.pass_time(timedelta(seconds=1))
        self.training.request(self.key)
        self.training.run(self.message(), last_attempt=False)
        return self.training.status(self.key)

    def message(self) -> TrainingMessage:
        return msgspec.json.decode(self.queue.messages[-1], type=TrainingMessage)

    def nearest(self, vector: NDArray[np.float32]) -> str:
        """The personId that a search answers first."""
        found = self.galleries.open(self.key).faces.nearest_persons(vector[None], count=1)
        return found[0][0].person_id

    def everybody(self) -> set[str]:
        """All faces that can be found."""
        probe = unit(np.ones((1, DIMENSION), np.float32))
        found = self.galleries.open(self.key).faces.nearest_faces(probe, count=100_000)[0]
        assert len({match.face_id for match in found}) == len(found)
        return {match.face_id for match in found}

    def stored(self) -> set[str]:
        """All faces that are stored."""
        return {
            str(uuid.UUID(bytes=face.face_id))
            for partition in self.faces.partitions(self.collection)
            for page in self.faces.walk(partition)
            for face in page
        }

    def snapshots(self) -> list[str]:
        """The blobs of all snapshots."""
        return [blob.name.partition("/")[2] for blob in self.blobs.listing(SNAPSHOTS)]
