"""A ledger of what was acknowledged, against every interleaving that hypothesis finds.

Each step may be interrupted at any call of any store: the call fails, or is carried out and its
answer is lost, or another step happens in between. After every step two instances of the service
search: nothing that is deleted is found, whether its deletion was acknowledged or only committed.
In the end nothing of it is stored.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from shared.domain.errors import (
    Conflict,
    NotFound,
    NotTrained,
    PersonNotFound,
    TrainingNotFinished,
    Unavailable,
)
from shared.domain.values import PersistedFace, TrainingStatus
from shared.gallery.snapshots.cache import SnapshotCache
from shared.services.galleries.followed_marks import FollowedMarks
from shared.services.galleries.galleries import Galleries
from shared.services.galleries.outdated import OutdatedSnapshots
from shared.services.training.builder import BlobSnapshots
from shared.storage.layout import PEOPLE
from shared.storage.records.collections import deletions as deletion_records
from shared.storage.records.collections.tombstones import tombstone_partition
from tests.unit.services.groups.findable import found_by
from tests.unit.services.ledgers.group_uploads import GroupUploads
from tests.unit.services.ledgers.ledger import CHOICES, Ledger, StepInterruption, interruptions
from tests.unit.services.ledgers.ledger_uploads import LedgerUploads

_CALLS = st.one_of(st.integers(1, 7), st.integers(1, 30))
_KINDS = ["fail", "train", "erase", "delete", "delete and erase", "train twice", "add"]
_INTERRUPTIONS = interruptions(_CALLS, _KINDS)


class DeletionLedger(Ledger):
    """One group, two instances of the service, and what callers were answered."""

    refusals = (Unavailable, Conflict)  # no deletion answers that its subject is absent

    def __init__(self) -> None:
        super().__init__(amended_from=4)
        # Three documents go with the commit, so that most persons have faces to sweep.
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(deletion_records, "MAXIMUM_BATCH_OPERATIONS", 3)
        self.other = self.second_instance()
        self.images = GroupUploads(self.group)
        self.faces: list[PersistedFace] = []
        self.acknowledged: set[str] = set()
        self.trained: set[str] | None = None
        self.uploads = LedgerUploads(self.group)

    def second_instance(self) -> Galleries:
        group = self.group
        cache = SnapshotCache(
            self.folder / "other-cache", BlobSnapshots(group.blobs), maximum_bytes=10**9
        )
        return Galleries(
            group.collections,
            group.trainings,
            FollowedMarks(group.marks),
            cache,
            group.training.restore,
            OutdatedSnapshots(group.tasks, group.queue, group.clock),
        )

    # --- steps -------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        for faces in (1, 2, 5, 9):
            self.add(faces)
        self.train()

    @rule(faces=st.integers(1, 9))
    def add_person(self, faces: int) -> None:
        self.add(faces)

    @precondition(lambda self: self.faces)
    @rule(choice=CHOICES, interruption=_INTERRUPTIONS)
    def delete_person(self, choice: int, interruption: StepInterruption | None) -> None:
        with_it = self.faces[choice % len(self.faces)]
        self.interrupted(interruption, lambda: self.delete(with_it.person_id))

    @precondition(lambda self: self.faces)
    @rule(choice=CHOICES, interruption=_INTERRUPTIONS)
    def delete_face(self, choice: int, interruption: StepInterruption | None) -> None:
        face = self.faces[choice % len(self.faces)]
        self.interrupted(interruption, lambda: self.delete_one(face))

    @rule(interruption=_INTERRUPTIONS)
    def request_and_run_training(self, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, self.train)

    @rule(interruption=_INTERRUPTIONS)
    def timer_and_erasure(self, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, self.erase)

    @rule(interruption=_INTERRUPTIONS, meanwhile=st.sampled_from([*_KINDS, "fail", "fail"]))
    def ingest_uploads(self, interruption: StepInterruption | None, meanwhile: str) -> None:
        self.uploads.add()
        step = self.step_of(meanwhile)
        self.interrupted(interruption, lambda: self.uploads.write_results(self.faces, step))

    @precondition(lambda self: self.faces)
    @rule(choice=CHOICES, interruption=_INTERRUPTIONS)
    def upload_and_ingest(self, choice: int, interruption: StepInterruption | None) -> None:
        gone = self.gone_persons()
        name = self.images.upload(self.faces[choice % len(self.faces)])
        self.interrupted(interruption, lambda: self.images.ingest(name))
        # Of a search that began after the deletion: the event may be delivered again, too.
        assert not self.images.candidates(name) & gone
        self.images.ingest(name)
        assert not self.images.candidates(name) & gone

    @precondition(lambda self: self.trained)
    @rule()
    def upload_of_a_trained_person(self) -> None:
        found = sorted((self.trained or set()) & self.existing())
        faces = [face for face in self.faces if face.persisted_face_id in found[:1]]
        for face in faces:
            name = self.images.upload(face)
            self.images.ingest(name)
            assert face.person_id in self.images.candidates(name)

    @rule()
    def lose_all_messages(self) -> None:
        self.group.queue.sent.clear()

    @rule()
    def kill_and_restart(self) -> None:
        self.group.restart()
        self.other = self.second_instance()

    @rule(minutes=st.sampled_from([1, 6, 70, 60 * 25, -90]))
    def move_the_clock(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    # --- what holds after every step -----------------------------------------------------------

    @invariant()
    def nothing_deleted_is_found(self) -> None:
        existing = self.existing()
        gone = {face.persisted_face_id for face in self.faces} - existing
        assert not self.acknowledged & existing
        for galleries in (self.group.galleries, self.other):
            try:
                found = found_by(galleries, self.group.key)
            except (NotTrained, TrainingNotFinished):
                continue
            assert not found & gone
            assert not found & self.acknowledged
            if self.trained is not None:
                assert found >= self.trained & existing

    def teardown(self) -> None:
        """See Ledger."""
        try:
            super().teardown()
        finally:
            self.patch.undo()

    def check_the_end(self) -> None:
        """Nothing of the deleted is left; what exists is found."""
        group = self.group
        self.interruptions.plan(None)
        self.uploads.write_results(self.faces)
        self.finish_what_is_pending()
        existing = self.existing()
        if existing:
            assert group.train().status is TrainingStatus.SUCCEEDED
        group.erase()
        group.erase()
        # An instance drops its copy of a replaced snapshot with its next search.
        for galleries in (group.galleries, self.other):
            with suppress(NotTrained):
                assert found_by(galleries, group.key) == existing
        assert list(group.tasks.all()) == []
        assert not group.marks.any(group.collection.incarnation)
        gone = [face for face in self.faces if face.persisted_face_id not in existing]
        persons = group.people.page(group.collection, start="", top=10_000)
        deleted = {one.person_id for one in gone} - {one.person_id for one in persons}
        documents, uploads = self.documents(), self.uploads.stored()
        assert not [name for name in self.images.names if self.images.candidates(name) & deleted]
        group.store.close()
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        stored = b"".join(path.read_bytes() for path in files)
        snapshots = b"".join(path.read_bytes() for path in files if "sqlite" not in path.name)
        assert not [one for one in deleted if one in uploads or one in documents]
        for face in gone:
            vector = face.embedding.vector.tobytes()
            assert vector not in stored
            assert base64.b64encode(vector) not in stored
            assert uuid.UUID(face.persisted_face_id).bytes not in snapshots
            assert face.persisted_face_id not in documents

    # --- the parts of the steps ----------------------------------------------------------------

    def meanwhile(self, interruption: StepInterruption) -> Callable[[], None] | None:
        """See Ledger."""
        return self.step_of(interruption.kind)

    def step_of(self, kind: str) -> Callable[[], None] | None:
        def delete() -> None:
            if self.faces:
                self.delete(self.faces[-1].person_id)

        def delete_and_erase() -> None:
            delete()
            self.erase()

        def train_twice() -> None:
            self.train()
            self.train()

        steps: dict[str, Callable[[], None] | None] = {
            "fail": None,
            "train": self.train,
            "train twice": train_twice,
            "erase": self.erase,
            "delete": delete,
            "delete and erase": delete_and_erase,
            "add": lambda: self.add(2),
        }
        return steps[kind]

    def add(self, faces: int) -> None:
        first = self.group.add_person()
        self.faces.append(first)
        self.faces += [self.group.add_face(first.person_id) for _ in range(faces - 1)]

    def delete(self, person_id: str) -> None:
        own = {face.persisted_face_id for face in self.faces if face.person_id == person_id}
        with suppress(PersonNotFound):  # Which is an answer too: the person is deleted.
            self.group.delete_person(person_id)
        self.acknowledged |= own

    def delete_one(self, face: PersistedFace) -> None:
        with suppress(NotFound):
            self.group.delete_face(face)
        self.acknowledged.add(face.persisted_face_id)

    def train(self) -> None:
        before = self.existing()
        self.request_training()
        status = self.group.training.status(self.group.key).status
        self.trained = before if status is TrainingStatus.SUCCEEDED else None

    def erase(self) -> None:
        self.group.erase()

    def documents(self) -> str:
        """Every document and message as text."""
        collection = self.group.collection
        people = self.group.store.container(PEOPLE)
        partitions = self.group.faces.partitions(collection)
        partitions.append(tombstone_partition(collection.incarnation))
        found = [document for name in partitions for document in people.page(name)]
        messages = [message.text for message in self.group.queue.sent]
        return "\n".join(map(str, [*found, *messages, *self.group.tasks.all()]))

    def gone_persons(self) -> set[str]:
        """The persons all of whose faces are acknowledged as deleted."""
        living = {f.person_id for f in self.faces if f.persisted_face_id not in self.acknowledged}
        return {face.person_id for face in self.faces} - living

    def existing(self) -> set[str]:
        """The faces that callers can read."""
        found: set[str] = set()
        for person in self.group.people.page(self.group.collection, start="", top=10_000):
            found |= set(person.persisted_face_ids)
        return found
