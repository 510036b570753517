"""A ledger of uploads that enrol and of deletions, against interleavings that hypothesis finds.

Events come late, again and side by side with deletions; each step may be interrupted at any call of
any store. After every step no stored face is one that only uploads older than its deletion, its
person's or its collection's could have made. In the end every upload that is more recent has its
face. LEDGER_EXAMPLES sets the number of histories (default 60; a third of them here).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
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

from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey
from shared.domain.errors import Conflict, NotFound, Unavailable
from shared.domain.values import Person
from shared.services.deletion import outdated_uploads
from shared.storage.layout import RESULTS
from tests.doubles.clocks import ManualClock, TickingClock
from tests.doubles.identifiers import begin_ids_again
from tests.doubles.interruptions import Interruption, Interruptions
from tests.unit.services.training.trainable_group import TrainableGroup
from tests.unit.services.uploads.enrolling_uploads import EnrollingUploads, image_of

EXAMPLES = max(4, int(os.environ.get("LEDGER_EXAMPLES", "60")) // 3)

STAFF = CollectionKey(LARGE_PERSON_GROUP, "staff")
PERSONS = ("Ada", "Bob")
_CALLS = st.integers(1, 40)
_KINDS = ("fail", "ingest", "delete face", "delete person", "delete group", "upload")
_INTERRUPTED = st.one_of(
    st.none(), st.tuples(_CALLS, st.sampled_from(_KINDS), st.booleans(), st.integers(0, 10**6))
)
_PERSON = st.sampled_from(PERSONS)
_IMAGE = st.integers(1, 2)
_CHOICE = st.integers(0, 10**6)
Interrupted = tuple[int, str, bool, int] | None


@dataclass(frozen=True)
class Written:
    """One version of an upload; ``moment`` counts writes and deletions."""

    name: str
    person: str
    image: int
    moment: int


class EnrolmentLedger(RuleBasedStateMachine):
    """One group, its uploads, and what callers were told about deletions."""

    def __init__(self) -> None:
        super().__init__()
        begin_ids_again()
        self.folder = Path(tempfile.mkdtemp(prefix="enrolment-ledger-"))
        self.interruptions = Interruptions()
        self.clock = ManualClock()
        self.group = TrainableGroup(
            self.folder,
            clock=self.clock,
            interruptions=self.interruptions,
            storage_clock=TickingClock(),
        )
        self.begin_instances()
        self.written: list[Written] = []
        self.deleted: dict[tuple[str, ...], int] = {}
        self.moment = 0

    def begin_instances(self) -> None:
        """Two instances of the service, each with its own locks: the other one interrupts."""
        self.uploads = EnrollingUploads(self.group)
        self.other = EnrollingUploads(self.group)

    # --- steps -------------------------------------------------------------------------------

    @rule(person=_PERSON, image=_IMAGE, file=st.integers(1, 2))
    def upload(self, person: str, image: int, file: int) -> None:
        name = f"enroll/largepersongroups/staff/{person}/{file}.jpg"
        self.uploads.upload(name, image_of(image))
        self.moment += 1
        self.written.append(Written(name, person, image, self.moment))

    @rule(choice=_CHOICE, interruption=_INTERRUPTED)
    def deliver_an_event(self, choice: int, interruption: Interrupted) -> None:
        self.interrupted(interruption, lambda: self.ingest(choice))

    @rule(person=_PERSON, image=_IMAGE, file=st.integers(1, 2), interruption=_INTERRUPTED)
    def upload_and_deliver(
        self, person: str, image: int, file: int, interruption: Interrupted
    ) -> None:
        self.upload(person, image, file)
        self.interrupted(interruption, lambda: self.ingest(-1))

    @rule(choice=_CHOICE, interruption=_INTERRUPTED)
    def delete_a_face(self, choice: int, interruption: Interrupted) -> None:
        self.interrupted(interruption, lambda: self.delete_face(choice))

    @rule(choice=_CHOICE, interruption=_INTERRUPTED)
    def delete_a_person(self, choice: int, interruption: Interrupted) -> None:
        self.interrupted(interruption, lambda: self.delete_person(choice))

    @rule(interruption=_INTERRUPTED)
    def delete_the_group(self, interruption: Interrupted) -> None:
        self.interrupted(interruption, self.delete_group)

    @rule(choice=_CHOICE)
    def sweep_a_result(self, choice: int) -> None:
        if self.written:
            self.uploads.forget_result(self.written[choice % len(self.written)].name)

    @rule()
    def finish_deletions(self) -> None:
        self.group.erase()

    @rule()
    def restart(self) -> None:
        self.group.restart()
        self.begin_instances()

    @rule(minutes=st.sampled_from([1, 70, -90]))
    def move_the_clock(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    # --- what holds after every step -----------------------------------------------------------

    @invariant()
    def nothing_deleted_is_made_again(self) -> None:
        for person, image in self.stored():
            latest = self.latest_deletion(person, image)
            made_by = [
                one
                for one in self.written
                if (one.person, one.image) == (person, image) and one.moment > latest
            ]
            assert made_by, (person, image)

    @invariant()
    def a_name_has_one_person(self) -> None:
        names = [one.name for one in self.persons()]
        assert len(names) == len(set(names))

    def teardown(self) -> None:
        try:
            self.every_upload_is_enrolled_in_the_end()
        finally:
            self.group.store.close()
            shutil.rmtree(self.folder)

    def every_upload_is_enrolled_in_the_end(self) -> None:
        current = {one.name: one for one in self.written}
        for one in current.values():
            self.group.files.delete(RESULTS, f"{one.name}.json")
            with suppress(Conflict):
                self.uploads.ingestion.ingest(one.name)
        self.nothing_deleted_is_made_again()
        stored = self.stored()
        for one in current.values():
            if one.moment > self.latest_deletion(one.person, one.image, begun=True):
                assert (one.person, one.image) in stored

    # --- the parts of the steps ----------------------------------------------------------------

    def interrupted(self, interruption: Interrupted, step: Callable[[], None]) -> None:
        if interruption is not None:
            at, kind, first, choice = interruption
            act = self.meanwhile(kind, choice)
            self.interruptions.plan(
                Interruption(at, act and partial(self.by_the_other, act), first)
            )
        try:
            step()
        except (Unavailable, Conflict, NotFound):
            pass  # The caller gets an error, or the host delivers the event again.
        finally:
            self.interruptions.plan(None)

    def by_the_other(self, act: Callable[[], None]) -> None:
        self.uploads, self.other = self.other, self.uploads
        try:
            act()
        finally:
            self.uploads, self.other = self.other, self.uploads

    def meanwhile(self, kind: str, choice: int) -> Callable[[], None] | None:
        steps: dict[str, Callable[[], None] | None] = {
            "fail": None,
            "ingest": lambda: self.ingest(choice),
            "delete face": lambda: self.delete_face(choice),
            "delete person": lambda: self.delete_person(choice),
            "delete group": self.delete_group,
            "upload": lambda: self.upload(
                PERSONS[choice % 2], 1 + choice // 2 % 2, 1 + choice // 4 % 2
            ),
        }
        return steps[kind]

    def ingest(self, choice: int) -> None:
        if self.written:
            self.uploads.ingestion.ingest(self.written[choice % len(self.written)].name)

    def delete_face(self, choice: int) -> None:
        faces = [(one, face) for one in self.persons() for face in one.persisted_face_ids]
        if faces:
            person, face_id = faces[choice % len(faces)]
            image = self.images_of(person).get(face_id)
            if image is None:
                return  # It was deleted meanwhile.
            self.delete(
                ("face", person.name, str(image)),
                lambda: self.uploads.persons.delete_face(STAFF, person.person_id, face_id),
            )

    def delete_person(self, choice: int) -> None:
        if persons := self.persons():
            person = persons[choice % len(persons)]
            self.delete(
                ("person", person.name),
                lambda: self.uploads.persons.delete_person(STAFF, person.person_id),
            )

    def delete_group(self) -> None:
        if self.group.collections.find(STAFF) is not None:
            self.delete(("group",), lambda: self.uploads.collections.delete(STAFF))

    def delete(self, what: tuple[str, ...], step: Callable[[], None]) -> None:
        """Delete; it counts for uploads from before it began once it is acknowledged."""
        self.moment += 1
        begun = self.moment
        self.deleted[("begun", *what)] = self.moment
        with suppress(NotFound):
            step()
            self.deleted[what] = max(begun, self.deleted.get(what, 0))
        # An upload that was written during the deletion may be taken for older.
        self.deleted[("begun", *what)] = self.moment

    def latest_deletion(self, person: str, image: int, *, begun: bool = False) -> int:
        """The moment of the latest deletion that outdates uploads of a person's image."""
        subjects: list[tuple[str, ...]] = [
            ("group",),
            ("person", person),
            ("face", person, str(image)),
        ]
        if begun:
            subjects = [("begun", *one) for one in subjects]
        return max(self.deleted.get(one, 0) for one in subjects)

    def persons(self) -> list[Person]:
        exists = self.group.collections.find(STAFF) is not None
        return self.uploads.all_persons(STAFF) if exists else []

    def stored(self) -> set[tuple[str, int]]:
        """The faces that callers can read: names of persons, numbers of images."""
        return {
            (person.name, image)
            for person in self.persons()
            for image in self.images_of(person).values()
        }

    def images_of(self, person: Person) -> dict[str, int]:
        """A person's faces, with the images that they were found on."""
        collection = self.group.collections.get(STAFF)
        found = {}
        for face in self.group.people.faces(collection, person):
            vector = face.embedding.vector.tobytes()
            found[face.persisted_face_id] = next(
                number for number in (1, 2) if image_of(number).startswith(vector)
            )
        return found


def test_no_upload_makes_again_what_was_deleted_after_it_was_written() -> None:
    run_state_machine_as_test(EnrolmentLedger, settings=_settings(EXAMPLES))


def test_nor_where_deletions_find_more_uploads_than_they_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outdated_uploads, "_MOST_LISTED", 1)
    run_state_machine_as_test(EnrolmentLedger, settings=_settings(max(4, EXAMPLES // 4)))


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        derandomize="LEDGER_EXAMPLES" not in os.environ,
        database=None,
        phases=[Phase.generate] if "LEDGER_NO_SHRINKING" in os.environ else list(Phase),
        suppress_health_check=list(HealthCheck),
    )
