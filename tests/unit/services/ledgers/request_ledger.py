"""A ledger of requests with an Idempotency-Key and of deletions, against many interleavings.

Requests are repeated after lost answers, faults at any call of any store, beside each other and
after deletions. Each key creates one thing at most, ever; nothing that is deleted can be read or is
found; what was acknowledged exists until its deletion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from shared.api.http import Request, Response
from shared.api.idempotency import Idempotency
from shared.api.operations import Operation
from shared.domain.errors import (
    Conflict,
    NotFound,
    NotTrained,
    QuotaExceeded,
    TrainingNotFinished,
    Unavailable,
)
from shared.domain.identifiers import RequestIds
from shared.domain.quotas import STANDARD, adjusted
from shared.domain.values import Person
from shared.services.collections.persons import Persons
from shared.storage.layout import OPERATIONS
from shared.storage.records.requests.answered_requests import AnsweredRequestRecords
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup
from tests.unit.services.ledgers.ledger import CHOICES, Ledger, StepInterruption, interruptions
from tests.unit.services.uploads.enrolling_uploads import EnrollingUploads, image_of

CREATES = Operation("create", "POST", "persons", "Create.", creates=True)
QUOTAS = adjusted(STANDARD, "Person.faces=1,LargePersonGroup.persons=2")

_KEY = st.integers(0, 1)
_KINDS = ("fail", "fail", "send", "delete person", "delete face", "erase")
_INTERRUPTIONS = interruptions(st.integers(1, 14), _KINDS)


@dataclass(frozen=True)
class Instance:
    """An instance of the service."""

    service: Persons
    idempotency: Idempotency

    @classmethod
    def of(cls, group: TrainableGroup) -> Instance:
        ids = RequestIds(new_id)
        records = AnsweredRequestRecords(group.store.container(OPERATIONS))
        service = EnrollingUploads(group, ids=ids, quotas=QUOTAS).persons
        return cls(service, Idempotency(ids, lambda: records))


class RequestLedger(Ledger):
    """One group, its requests by their keys, and what callers were answered.

    Attributes:
        seen: the ids that were ever read of what a key created.
        answered: the id in the answer to a key.
        touched: ids whose deletion was begun.
        deleted: ids whose deletion was acknowledged.
    """

    def __init__(self) -> None:
        super().__init__(amended_from=4)
        self.begin_instances()
        self.owner: dict[str, str] = {}
        self.seen: dict[str, set[str]] = defaultdict(set)
        self.answered: dict[str, str] = {}
        self.touched: set[str] = set()
        self.deleted: set[str] = set()

    def begin_instances(self) -> None:
        """Two instances of the service, each with its own locks: the other one interrupts."""
        self.instance, self.other = Instance.of(self.group), Instance.of(self.group)

    @rule(key=_KEY, interruption=_INTERRUPTIONS, lost=st.booleans())
    def create_a_person(
        self, key: int, interruption: StepInterruption | None, *, lost: bool
    ) -> None:
        self.interrupted(interruption, lambda: self.send(f"person {key}", lost=lost))

    @rule(key=_KEY, choice=CHOICES, interruption=_INTERRUPTIONS, lost=st.booleans())
    def add_a_face(
        self, key: int, choice: int, interruption: StepInterruption | None, *, lost: bool
    ) -> None:
        persons = self.persons()
        label = f"face {key}"
        if persons:
            self.owner.setdefault(label, persons[choice % len(persons)].person_id)
        if label in self.owner:
            self.interrupted(interruption, lambda: self.send(label, lost=lost))

    @rule(choice=CHOICES, interruption=_INTERRUPTIONS)
    def delete_a_person(self, choice: int, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, lambda: self.delete_person(choice))

    @rule(choice=CHOICES, interruption=_INTERRUPTIONS)
    def delete_a_face(self, choice: int, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, lambda: self.delete_face(choice))

    @rule(interruption=_INTERRUPTIONS)
    def train(self, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, self.request_training)

    @rule(interruption=_INTERRUPTIONS)
    def timer_and_erasure(self, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, self.group.erase)

    @rule()
    def kill_and_restart(self) -> None:
        self.group.restart()
        self.begin_instances()

    @rule(minutes=st.sampled_from([1, 6, 70]))
    def let_time_pass(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @invariant()
    def every_key_created_one_thing_at_most(self) -> None:
        existing = self.look()
        for label, ids in self.seen.items():
            answered = {self.answered[label]} if label in self.answered else set()
            assert len(ids | answered) <= 1, label
        assert not existing & self.deleted
        assert existing >= set(self.answered.values()) - self.touched

    @invariant()
    def nothing_deleted_is_found(self) -> None:
        with suppress(NotTrained, TrainingNotFinished):
            assert self.group.found() <= self.look()

    def check_the_end(self) -> None:
        """Repeated once more, every key has its answer; what exists is found, and nothing else."""
        self.interruptions.plan(None)
        for label in list(self.seen):
            with suppress(NotFound, Conflict):
                self.send(label)
        self.every_key_created_one_thing_at_most()
        self.finish_what_is_pending()
        faces = {face for one in self.persons() for face in one.persisted_face_ids}
        if faces:
            self.request_training()
            assert self.group.found() == faces
        assert not self.group.marks.any(self.group.collection.incarnation)

    def meanwhile(self, interruption: StepInterruption) -> Callable[[], None] | None:
        def quietly(step: Callable[[], None]) -> Callable[[], None]:
            def run() -> None:
                with suppress(Unavailable, Conflict, NotFound):
                    Context().run(step)  # as another thread has: ids derive by context

            return run

        steps: dict[str, Callable[[], None] | None] = {
            "fail": None,
            "send": quietly(lambda: self.send(self.latest, self.other)),
            "delete person": quietly(lambda: self.delete_person(-1, self.other)),
            "delete face": quietly(lambda: self.delete_face(-1, self.other)),
            "erase": self.group.erase,
        }
        return steps[interruption.kind]

    latest = "person 0"

    def send(self, label: str, instance: Instance | None = None, *, lost: bool = False) -> None:
        """Send the request of a key and check its answer, unless the process ends before it."""
        to = instance or self.instance
        self.latest = label
        begun = bool(self.seen[label])

        def produce() -> Response:
            number = int(label[-1])
            if label.startswith("person"):
                created = to.service.create_person(self.group.key, name=label, user_data=None)
            else:
                created = to.service.add_face(
                    self.group.key,
                    self.owner[label],
                    image_of(number),
                    target=None,
                    user_data=label,
                )
            if lost:
                raise Unavailable("The process has ended.")
            return Response(200, {}, created.encode())

        request = Request("POST", "", {"idempotency-key": label}, {}, {}, label.encode())
        try:
            answer = to.idempotency.respond(CREATES, request, "key:one", produce)
        except QuotaExceeded:
            assert not begun, "it was created, and its place is its own"
            return
        assert self.answered.setdefault(label, answer.body.decode()) == answer.body.decode()

    def delete_person(self, choice: int, instance: Instance | None = None) -> None:
        persons = self.persons()
        if persons:
            person = persons[choice % len(persons)]
            gone = {person.person_id, *person.persisted_face_ids}
            self.touched |= gone
            (instance or self.instance).service.delete_person(self.group.key, person.person_id)
            self.deleted |= gone

    def delete_face(self, choice: int, instance: Instance | None = None) -> None:
        faces = [(one.person_id, face) for one in self.persons() for face in one.persisted_face_ids]
        if faces:
            person, face = faces[choice % len(faces)]
            self.touched.add(face)
            (instance or self.instance).service.delete_face(self.group.key, person, face)
            self.deleted.add(face)

    def persons(self) -> list[Person]:
        return self.group.people.page(self.group.collection, start="", top=1_000)

    def look(self) -> set[str]:
        """The ids of all persons and faces that can be read, which are noted by their keys."""
        existing: set[str] = set()
        for person in self.persons():
            existing |= {person.person_id, *person.persisted_face_ids}
            self.seen[person.name].add(person.person_id)
            for face in self.group.people.faces(self.group.collection, person):
                self.seen[str(face.user_data)].add(face.persisted_face_id)
        return existing
