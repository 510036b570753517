"""Training without a network: SQLite, a clock, a queue and a blob store in a folder."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from shared.domain.clock import Clock
from shared.domain.collections import (
    LARGE_PERSON_GROUP,
    TRAINED_COLLECTIONS,
    CollectionKey,
    CollectionKind,
)
from shared.domain.models import IdentificationFit
from shared.domain.values import Collection, Embedding, PersistedFace, Person, TrainingRecord
from shared.gallery.snapshots.cache import SnapshotCache
from shared.services.deletion.erasure import Erasure
from shared.services.deletion.lifecycle import CollectionLifecycle
from shared.services.deletion.outdated_uploads import OutdatedUploads
from shared.services.deletion.purge import CollectionPurge
from shared.services.deletion.repair import Repair
from shared.services.deletion.snapshot_eraser import SnapshotEraser
from shared.services.galleries.followed_marks import FollowedMarks
from shared.services.galleries.galleries import Galleries
from shared.services.galleries.outdated import OutdatedSnapshots
from shared.services.messages import ErasureMessage, PurgeMessage, TrainingMessage
from shared.services.queue_policy import MAINTENANCE
from shared.services.training.builder import BlobSnapshots, SnapshotBuilder
from shared.services.training.cohort_policy import CohortPolicy
from shared.services.training.quiet_training import TrainingWhenQuiet
from shared.services.training.source import TrainingSource
from shared.services.training.training import Training
from shared.services.training.vector_index_builder import VectorIndexBuilder
from shared.services.uploads.named_results import NamedResults
from shared.storage.documents.schema import VersionedDocumentStore
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import DocumentStore
from shared.storage.layout import (
    COLLECTIONS,
    ERASURE_QUEUE,
    INGESTIONS,
    OPERATIONS,
    PEOPLE,
    PURGE_QUEUE,
    TRAINING_QUEUE,
)
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.deletions import CollectionDeletions
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.marks import Marks
from shared.storage.records.collections.people import People
from shared.storage.records.collections.tombstones import TombstoneRecords
from shared.storage.records.collections.training_faces import TrainingFaces
from shared.storage.records.collections.trainings import TrainingRecords
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.duplicates.searches import DuplicateSearchRecords
from shared.storage.records.enrolment_uploads import DeletionMoments
from shared.storage.records.named_results import NamedResultRecords
from shared.storage.records.pending_tasks import PendingTasks, TaskKind
from shared.storage.records.repair_progress import RepairProgressRecord
from shared.storage.vectors.face_vectors import FaceVectors
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.doubles.interruptions import (
    InterruptedBlobs,
    InterruptedQueues,
    InterruptedStore,
    Interruptions,
)
from tests.doubles.queues import RecordingQueues
from tests.unit.gallery.made_up_faces import unit
from tests.unit.services.groups.findable import DIMENSION, FIT, found_by
from tests.unit.services.groups.stored_files import StoredFiles


class TrainableGroup(StoredFiles):
    """One collection and everything that trains, searches and deletes in it.

    Args:
        store: where documents are; None: in SQLite.
        interruptions: interrupt the calls of all stores; None: nothing does.
        fit: what identification was fitted to, where scores are normalised.
        create: whether the collection is made; otherwise it is in the folder already.
        quiet: seconds after which it is trained by itself; 0: never.
        storage_clock: of the storage account; None: it has the same time.
    """

    def __init__(
        self,
        folder: Path,
        *,
        kind: CollectionKind = LARGE_PERSON_GROUP,
        amended_from: int = 10,
        store: DocumentStore | None = None,
        normalised: bool = False,
        fit: IdentificationFit = FIT,
        dimension: int = DIMENSION,
        clock: ManualClock | None = None,
        interruptions: Interruptions | None = None,
        create: bool = True,
        marks_kept: timedelta = timedelta(0),
        quiet: int = 0,
        storage_clock: Clock | None = None,
    ) -> None:
        self.marks_kept, self.dimension, self.quiet = marks_kept, dimension, quiet
        self.cohorts = CohortPolicy({"made-up": fit} if normalised else {})
        self.folder = folder
        self.clock = clock or ManualClock()
        interruptions = interruptions or Interruptions()
        plain = store or SqliteDocumentStore(folder / "store.sqlite", clock=self.clock)
        self.store = VersionedDocumentStore(InterruptedStore(plain, interruptions))
        self.files = FolderBlobs(folder / "blobs", storage_clock or self.clock)
        self.interrupted_blobs = InterruptedBlobs(self.files, interruptions)
        self.blobs = self.interrupted_blobs
        self.queue = RecordingQueues()
        self.queues = InterruptedQueues(self.queue, interruptions)
        self.vectors: FaceVectors | None = None
        self.key = CollectionKey(kind, "people")
        self.generator = np.random.default_rng(1)
        self.lengths = np.random.default_rng(2)
        self.amended_from = amended_from
        self.filling: VectorIndexBuilder | None = None
        self.pauses: list[float] = []
        self.restart()
        if create:
            for _ in TRAINED_COLLECTIONS:
                self.repair.enlist()
            self.collections.create(
                Collection(kind, "people", "people", "recognition_04", new_id())
            )

    def restart(self) -> None:
        """Begin anew with what is stored, as a process that was killed does."""
        people = self.store.container(PEOPLE)
        records = self.store.container(COLLECTIONS)
        self.people = People(people)
        self.collections = CollectionRecords(records)
        self.trainings = TrainingRecords(records)
        self.tasks = PendingTasks(records)
        searches = self.store.container(OPERATIONS)
        self.duplicates = DuplicateSearchRecords(searches, timedelta(days=1))
        self.marks = Marks(people, new_id, self.clock)
        self.deletions = CollectionDeletions(people, self.marks, self.tasks, self.clock)
        self.listed = ListedFaces(people)
        self.moments = DeletionMoments(self.store.container(INGESTIONS), lifetime=14 * 86_400)
        self.faces = TrainingFaces(people)
        self.cache_folder = self.folder / "cache"
        self.cache = SnapshotCache(
            self.cache_folder, BlobSnapshots(self.blobs), maximum_bytes=10**9
        )
        self.work = self.folder / "work"
        self.eraser = SnapshotEraser(self.blobs, self.work, new_id, self.clock, self.cohorts)
        self.followed = FollowedMarks(self.marks)
        self.train_with(amended_from=self.amended_from, filling=self.filling)
        self.named = NamedResultRecords(self.store.container(INGESTIONS), time_to_live=8 * 86_400)
        self.results = NamedResults(self.named, self.blobs, self.collections, self.people)
        self.collection_purge = CollectionPurge(
            self.collections,
            people,
            self.blobs,
            self.queues,
            self.tasks,
            [self.cache, self.followed],
            Memberships(people),
            self.results,
            self.clock,
            self.vectors,
        )
        self.lifecycle = CollectionLifecycle(
            self.collections,
            self.deletions,
            self.listed,
            self.collection_purge,
            OutdatedUploads(self.blobs, self.moments, self.clock),
        )

    def train_with(self, *, amended_from: int, filling: VectorIndexBuilder | None = None) -> None:
        """From now on; see SnapshotBuilder."""
        self.amended_from, self.filling = amended_from, filling
        self.builder = SnapshotBuilder(
            TrainingSource(self.faces, self.marks),
            self.blobs,
            self.work,
            new_id,
            self.clock,
            cohorts=self.cohorts,
            amended_from=amended_from,
            vectors=filling,
        )
        self.training = Training(
            self.collections,
            self.trainings,
            self.tasks,
            self.builder,
            self.queues,
            new_id,
            self.clock,
            sleep=self.pauses.append,
        )
        self.when_quiet = TrainingWhenQuiet(
            self.training, self.tasks, self.queues, self.clock, quiet=self.quiet
        )
        people = self.store.container(PEOPLE)
        self.repair = Repair(
            people,
            self.collections,
            TombstoneRecords(people),
            self.marks,
            self.deletions,
            self.tasks,
            RepairProgressRecord(self.store.container(COLLECTIONS)),
            self.training,
            self.clock,
        )
        self.galleries = Galleries(
            self.collections,
            self.trainings,
            self.followed,
            self.cache,
            self.training.restore,
            OutdatedSnapshots(self.tasks, self.queue, self.clock),
        )

    def normalise(self) -> None:
        """Normalise scores from the next training or erasure on."""
        self.cohorts = CohortPolicy({"made-up": FIT})
        self.restart()

    @property
    def collection(self) -> Collection:
        return self.collections.get(self.key)

    def add_person(self, faces: int = 1) -> PersistedFace:
        """A new person; answers its last face."""
        person_id = new_id()
        self.people.create(self.collection, Person(person_id, "person"))
        return [self.add_face(person_id) for _ in range(faces)][-1]

    def add_face(self, person_id: str, *, model: str = "made-up") -> PersistedFace:
        face = self.made_up_face(person_id, model=model)
        self.people.add_face(self.collection, face)
        return face

    def made_up_face(self, person_id: str, *, model: str = "made-up") -> PersistedFace:
        """A face that is not stored yet."""
        vector = unit(self.generator.standard_normal(self.dimension, dtype=np.float32))
        length = float(self.lengths.uniform(6, 20))
        return PersistedFace(new_id(), person_id, Embedding(vector, model, length))

    @property
    def erasure(self) -> Erasure:
        from tests.unit.services.training.erasing import erasure_of

        return erasure_of(self)

    def delete_person(self, person_id: str) -> None:
        self.lifecycle.delete_person(self.collection, person_id)

    def delete_face(self, face: PersistedFace) -> None:
        self.lifecycle.delete_face(self.collection, face.person_id, face.persisted_face_id)

    def erase(self) -> None:
        """Let the timer's period pass and finish the deletions that are pending."""
        self.clock.advance(MAINTENANCE)
        for stored in list(self.tasks.all()):
            if stored.task.kind is TaskKind.DELETIONS:
                self.erasure.send(stored.task)
        self.deliver_erasures()

    def deliver_erasures(self) -> None:
        """Deliver the messages of the erasure queue."""
        while texts := self.queue.take(ERASURE_QUEUE):
            for text in texts:
                self.erasure.run(msgspec.json.decode(text, type=ErasureMessage))

    def send_pending(self) -> None:
        """What the timer does about pending tasks."""
        from tests.unit.services.groups.timer import maintenance

        maintenance(self).run()

    def deliver_training(self) -> None:
        """Deliver the messages of the training queue."""
        for text in self.queue.take(TRAINING_QUEUE):
            message = msgspec.json.decode(text, type=TrainingMessage)
            if message.run:
                self.training.run(message)
            else:
                self.when_quiet.check(message)

    def purge(self) -> None:
        """Deliver the messages of the purge queue."""
        while self.deliver_purge():
            pass

    def deliver_purge(self) -> int:
        """Deliver the messages that are on the purge queue now; returns their number."""
        texts = self.queue.take(PURGE_QUEUE)
        for text in texts:
            self.collection_purge.run(msgspec.json.decode(text, type=PurgeMessage))
        return len(texts)

    @property
    def is_trained_by_deltas(self) -> bool:
        """Whether the training in use is a delta on top of a base."""
        return (self.training.status(self.key).snapshot or "").endswith(".delta")

    def train(self) -> TrainingRecord:
        """Train as the queue would have it done."""
        self.clock.advance(timedelta(seconds=1))
        self.training.request(self.key)
        self.training.run(self.message())
        return self.training.status(self.key)

    @property
    def training_messages(self) -> list[str]:
        """The messages of the training queue, oldest first."""
        return self.queue.texts(TRAINING_QUEUE)

    def message(self) -> TrainingMessage:
        return msgspec.json.decode(self.training_messages[-1], type=TrainingMessage)

    def nearest(self, vector: NDArray[np.float32]) -> str:
        """The personId that a search answers first."""
        found = self.galleries.open(self.key).faces.nearest_persons(vector[None], count=1)
        return found[0][0].person_id

    def found(self) -> set[str]:
        """All faces that can be found."""
        return found_by(self.galleries, self.key)
