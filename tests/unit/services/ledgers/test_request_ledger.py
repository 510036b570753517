"""A ledger of requests with an Idempotency-Key and of deletions, against many interleavings.

Requests are repeated after lost answers, faults at any call of any store, beside each other and
after deletions. Each key creates one thing at most, ever; nothing that is deleted can be read or is
found; what was acknowledged exists until its deletion. LEDGER_EXAMPLES sets the number of histories
(default 60; a tenth of them here).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

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
from shared.storage.documents.store import DocumentStore
from shared.storage.layout import OPERATIONS
from shared.storage.records.requests.answered_requests import AnsweredRequestRecords
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import begin_ids_again, new_id
from tests.doubles.interruptions import Interruption, Interruptions
from tests.unit.services.groups.trainable_group import TrainableGroup
from tests.unit.services.ledgers.cosmos_ledger import OnCosmos
from tests.unit.services.uploads.enrolling_uploads import EnrollingUploads, image_of

EXAMPLES = max(4, int(os.environ.get("LEDGER_EXAMPLES", "60")) // 10)
CREATES = Operation("create", "POST", "persons", "Create.", creates=True)
QUOTAS = adjusted(STANDARD, "Person.faces=1,LargePersonGroup.persons=2")

Interrupted = tuple[int, str, bool] | None
_KEY = st.integers(0, 1)
_CHOICE = st.integers(0, 10**6)
_KINDS = ("fail", "fail", "send", "delete person", "delete face", "erase")
_INTERRUPTED = st.one_of(
    st.none(), st.tuples(st.integers(1, 14), st.sampled_from(_KINDS), st.booleans())
)


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


class RequestLedger(RuleBasedStateMachine):
    """One group, its requests by their keys, and what callers were answered.

    Attributes:
        seen: the ids that were ever read of what a key created.
        answered: the id in the answer to a key.
        touched: ids whose deletion was begun.
        deleted: ids whose deletion was acknowledged.
    """

    def __init__(self) -> None:
        super().__init__()
        begin_ids_again()
        self.folder = Path(tempfile.mkdtemp(prefix="request-ledger-"))
        self.interruptions = Interruptions()
        self.clock = ManualClock()
        self.group = TrainableGroup(
            self.folder,
            store=self.open_store(),
            clock=self.clock,
            interruptions=self.interruptions,
            amended_from=4,
        )
        self.begin_instances()
        self.owner: dict[str, str] = {}
        self.seen: dict[str, set[str]] = defaultdict(set)
        self.answered: dict[str, str] = {}
        self.touched: set[str] = set()
        self.deleted: set[str] = set()

    def open_store(self) -> DocumentStore | None:
        """None: SQLite."""
        return None

    def begin_instances(self) -> None:
        """Two instances of the service, each with its own locks: the other one interrupts."""
        self.instance, self.other = Instance.of(self.group), Instance.of(self.group)

    @rule(key=_KEY, interruption=_INTERRUPTED, lost=st.booleans())
    def create_a_person(self, key: int, interruption: Interrupted, *, lost: bool) -> None:
        self.interrupted(interruption, lambda: self.send(f"person {key}", lost=lost))

    @rule(key=_KEY, choice=_CHOICE, interruption=_INTERRUPTED, lost=st.booleans())
    def add_a_face(self, key: int, choice: int, interruption: Interrupted, *, lost: bool) -> None:
        persons = self.persons()
        label = f"face {key}"
        if persons:
            self.owner.setdefault(label, persons[choice % len(persons)].person_id)
        if label in self.owner:
            self.interrupted(interruption, lambda: self.send(label, lost=lost))

    @rule(choice=_CHOICE, interruption=_INTERRUPTED)
    def delete_a_person(self, choice: int, interruption: Interrupted) -> None:
        self.interrupted(interruption, lambda: self.delete_person(choice))

    @rule(choice=_CHOICE, interruption=_INTERRUPTED)
    def delete_a_face(self, choice: int, interruption: Interrupted) -> None:
        self.interrupted(interruption, lambda: self.delete_face(choice))

    @rule(interruption=_INTERRUPTED)
    def train(self, interruption: Interrupted) -> None:
        self.interrupted(interruption, self.train_now)

    @rule(interruption=_INTERRUPTED)
    def timer_and_erasure(self, interruption: Interrupted) -> None:
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

    def teardown(self) -> None:
        try:
            self.everything_ends_whole()
        finally:
            self.group.store.close()
            shutil.rmtree(self.folder)

    def everything_ends_whole(self) -> None:
        """Repeated once more, every key has its answer; what exists is found, and nothing else."""
        self.interruptions.plan(None)
        for label in list(self.seen):
            with suppress(NotFound, Conflict):
                self.send(label)
        self.every_key_created_one_thing_at_most()
        for _ in range(4):
            self.clock.advance(timedelta(minutes=61))
            self.group.send_pending()
            self.group.deliver_training()
            self.group.erase()
        faces = {face for one in self.persons() for face in one.persisted_face_ids}
        if faces:
            self.train_now()
            assert self.group.found() == faces
        assert not self.group.marks.any(self.group.collection.incarnation)

    def interrupted(self, interruption: Interrupted, step: Callable[[], None]) -> None:
        if interruption is not None:
            at, kind, first = interruption
            self.interruptions.plan(Interruption(at, self.meanwhile(kind), first))
        try:
            step()
        except (Unavailable, Conflict, NotFound):
            pass  # The caller gets an error.
        finally:
            self.interruptions.plan(None)

    def meanwhile(self, kind: str) -> Callable[[], None] | None:
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
        return steps[kind]

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

    def train_now(self) -> None:
        with suppress(TrainingNotFinished):
            self.group.training.request(self.group.key)
        self.group.deliver_training()

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


class CosmosRequestLedger(OnCosmos, RequestLedger):
    """The same on the protocol server, through the unmodified SDK."""


def test_a_key_creates_one_thing_and_nothing_deleted_comes_back_on_sqlite() -> None:
    run_state_machine_as_test(RequestLedger, settings=_settings(EXAMPLES, 20))


def test_a_key_creates_one_thing_and_nothing_deleted_comes_back_on_cosmos() -> None:
    run_state_machine_as_test(CosmosRequestLedger, settings=_settings(max(2, EXAMPLES // 15), 12))


def test_a_repetition_is_answered_where_its_first_attempt_took_the_last_place() -> None:
    ledger = RequestLedger()
    ledger.send("person 0")
    with pytest.raises(Unavailable):
        ledger.send("person 1", lost=True)
    (ledger.owner["face 0"],) = ledger.answered.values()
    with pytest.raises(Unavailable):
        ledger.send("face 0", lost=True)
    ledger.look()

    ledger.send("person 1")
    ledger.send("face 0")

    assert set(ledger.answered) == {"person 0", "person 1", "face 0"}
    ledger.every_key_created_one_thing_at_most()
    ledger.teardown()


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize="LEDGER_EXAMPLES" not in os.environ,
        database=None,
        phases=[Phase.generate] if "LEDGER_NO_SHRINKING" in os.environ else list(Phase),
        suppress_health_check=list(HealthCheck),
    )
