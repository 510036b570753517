"""A ledger of uploads that enrol and of deletions, against interleavings that hypothesis finds.

Events come late, again and side by side with deletions; each step may be interrupted at any call of
any store. After every step no stored face is one that only uploads older than its deletion, its
person's or its collection's could have made. In the end every upload that is more recent has its
face. Where storage could not list the uploads for a deletion, the service's clock says which are
older: those until five minutes after it. In a list a face stands for itself, so that its person is
empty here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from shared.domain.collections import (
    FACE_COLLECTIONS,
    LARGE_PERSON_GROUP,
    CollectionKey,
    CollectionKind,
)
from shared.domain.errors import Conflict, NotFound
from shared.domain.values import PersistedFace, Person
from shared.storage.layout import RESULTS, UPLOADS
from tests.doubles.clocks import TickingClock
from tests.unit.services.ledgers.ledger import CHOICES, Ledger, StepInterruption, interruptions
from tests.unit.services.ledgers.noted_uploads import EVER, NotedUploads, Subject
from tests.unit.services.uploads.enrolling_uploads import EnrollingUploads, image_of, name_of

PERSONS = ("Ada", "Bob")
_CALLS = st.integers(1, 40)
_KINDS = ("fail", "ingest", "delete face", "delete person", "delete group", "upload")
_INTERRUPTIONS = interruptions(_CALLS, _KINDS, CHOICES)
_PERSON = st.sampled_from(PERSONS)
_IMAGE = st.integers(1, 2)
_CLOCKS_DIFFER = timedelta(minutes=5)


class EnrolmentLedger(Ledger):
    """One collection, its uploads, and which deletions were acknowledged."""

    kind: CollectionKind = LARGE_PERSON_GROUP

    def __init__(self) -> None:
        super().__init__(storage_clock=TickingClock())
        self.key = CollectionKey(self.kind, "staff")
        self.is_list = self.kind in FACE_COLLECTIONS
        self.begin_instances()
        self.noted = NotedUploads()

    def begin_instances(self) -> None:
        """Two instances of the service, each with its own locks: the other one interrupts."""
        other = copy.copy(self.group)
        other.restart()
        self.uploads = EnrollingUploads(self.group)
        self.other = EnrollingUploads(other)

    # --- steps -------------------------------------------------------------------------------

    @rule(person=_PERSON, image=_IMAGE, file=st.integers(1, 2))
    def upload(self, person: str, image: int, file: int) -> None:
        name = name_of(self.key, person, f"{file}.jpg")
        self.uploads.upload(name, image_of(image))
        modified = self.group.files.modified[f"{UPLOADS}/{name}"]
        self.noted.write(name, "" if self.is_list else person, image, modified)

    @rule(choice=CHOICES, interruption=_INTERRUPTIONS)
    def deliver_an_event(self, choice: int, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, lambda: self.ingest(choice))

    @rule(person=_PERSON, image=_IMAGE, file=st.integers(1, 2), interruption=_INTERRUPTIONS)
    def upload_and_deliver(
        self, person: str, image: int, file: int, interruption: StepInterruption | None
    ) -> None:
        self.upload(person, image, file)
        self.interrupted(interruption, lambda: self.ingest(-1))

    @rule(choice=CHOICES, interruption=_INTERRUPTIONS)
    def delete_a_face(self, choice: int, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, lambda: self.delete_face(choice))

    @rule(choice=CHOICES, interruption=_INTERRUPTIONS)
    def delete_a_person(self, choice: int, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, lambda: self.delete_person(choice))

    @rule(interruption=_INTERRUPTIONS)
    def delete_the_group(self, interruption: StepInterruption | None) -> None:
        self.interrupted(interruption, self.delete_group)

    @rule(choice=CHOICES)
    def sweep_a_result(self, choice: int) -> None:
        if self.noted.written:
            self.uploads.forget_result(self.noted.written[choice % len(self.noted.written)].name)

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
            made_by = [
                one
                for one in self.noted.written
                if (one.person, one.image) == (person, image) and not self.noted.is_outdated(one)
            ]
            assert made_by, (person, image)

    @invariant()
    def the_same_bytes_are_one_face(self) -> None:
        stored = self.stored_faces()
        assert len(stored) == len(set(stored))

    @invariant()
    def a_name_has_one_person(self) -> None:
        names = [one.name for one in self.persons()]
        assert len(names) == len(set(names))

    def check_the_end(self) -> None:
        """Every upload that no deletion outdates is enrolled."""
        current = {one.name: one for one in self.noted.written}
        for one in current.values():
            self.group.files.delete(RESULTS, f"{one.name}.json")
            with suppress(Conflict):
                self.uploads.ingestion.ingest(one.name)
        self.nothing_deleted_is_made_again()
        stored = self.stored()
        for one in current.values():
            if not self.noted.may_be_outdated(one):
                assert (one.person, one.image) in stored

    # --- the parts of the steps ----------------------------------------------------------------

    def meanwhile(self, interruption: StepInterruption) -> Callable[[], None] | None:
        """See Ledger; the other instance does it."""
        act = self.step_of(interruption.kind, interruption.choice)
        return act and partial(self.by_the_other, act)

    def by_the_other(self, act: Callable[[], None]) -> None:
        self.uploads, self.other = self.other, self.uploads
        try:
            act()
        finally:
            self.uploads, self.other = self.other, self.uploads

    def step_of(self, kind: str, choice: int) -> Callable[[], None] | None:
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
        if self.noted.written:
            self.uploads.ingestion.ingest(self.noted.written[choice % len(self.noted.written)].name)

    def delete_face(self, choice: int) -> None:
        if self.is_list:
            self.delete_listed_face(choice)
            return
        faces = [(one, face) for one in self.persons() for face in one.persisted_face_ids]
        if faces:
            person, face_id = faces[choice % len(faces)]
            image = self.images_of(person).get(face_id)
            if image is None:
                return  # It was deleted meanwhile.
            self.delete(
                ("face", person.name, str(image)),
                lambda: self.uploads.persons.delete_face(self.key, person.person_id, face_id),
            )

    def delete_listed_face(self, choice: int) -> None:
        if faces := self.listed():
            face, group = faces[choice % len(faces)], self.uploads.group
            collection = group.collections.get(self.key)
            self.delete(
                ("face", "", str(shown_on(face))),
                lambda: group.lifecycle.delete_listed_face(collection, face.persisted_face_id),
            )

    def delete_person(self, choice: int) -> None:
        if persons := self.persons():
            person = persons[choice % len(persons)]
            self.delete(
                ("person", person.name),
                lambda: self.uploads.persons.delete_person(self.key, person.person_id),
            )

    def delete_group(self) -> None:
        if self.exists():
            self.delete(("group",), lambda: self.uploads.collections.delete(self.key))

    def delete(self, what: Subject, step: Callable[[], None]) -> None:
        """Delete; it counts for uploads from before it began once it is acknowledged."""
        begun = self.noted.begin_deletion(what)
        failed_before = self.group.interrupted_blobs.failed_pages
        acknowledged = False
        with suppress(NotFound):
            step()
            acknowledged = True
        listed = self.group.interrupted_blobs.failed_pages == failed_before
        until = EVER if listed else self.clock.now() + _CLOCKS_DIFFER
        self.noted.end_deletion(what, begun, acknowledged=acknowledged, until=until)

    def exists(self) -> bool:
        return self.group.collections.find(self.key) is not None

    def persons(self) -> list[Person]:
        return self.uploads.all_persons(self.key) if self.exists() and not self.is_list else []

    def listed(self) -> list[PersistedFace]:
        if not self.exists() or not self.is_list:
            return []
        return self.group.listed.all(self.group.collections.get(self.key))

    def stored(self) -> set[tuple[str, int]]:
        """The faces that callers can read: names of persons, numbers of images."""
        return set(self.stored_faces())

    def stored_faces(self) -> list[tuple[str, int]]:
        """The same, as often as there are such faces."""
        return [
            *(
                (person.name, image)
                for person in self.persons()
                for image in self.images_of(person).values()
            ),
            *(("", shown_on(face)) for face in self.listed()),
        ]

    def images_of(self, person: Person) -> dict[str, int]:
        """A person's faces, with the images that they were found on."""
        collection = self.group.collections.get(self.key)
        faces = self.group.people.faces(collection, person)
        return {face.persisted_face_id: shown_on(face) for face in faces}


def shown_on(face: PersistedFace) -> int:
    """The number of the image that a face was found on."""
    vector = face.embedding.vector.tobytes()
    return next(number for number in (1, 2) if image_of(number).startswith(vector))
