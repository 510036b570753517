"""Exports and imports persons with their faces: of a group, or of the person directory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from shared.domain.errors import DocumentExists, PersistedFaceLimitReached
from shared.services.archive.entries import (
    FACES,
    PERSONS,
    ArchivePage,
    Entry,
    FaceEntry,
    ImportOutcome,
    MemberEntry,
    PersonEntry,
    bad_line,
)

_MOST_PERSONS = 100
_MOST_AT_ONCE = 90
"""Faces that are created in one step with their person."""
_MOST_FACES = 1_000
"""Maximum faces of a page. With the longest userData it stays below the 20 MB of an import."""

Owner = tuple[str, str]
"""A personId, and the recognition model of some of its faces; empty in a group, which has one."""


@dataclass(frozen=True, slots=True)
class HeldPerson:
    """A stored person.

    Attributes:
        faces: recognition model, empty in a group, to persistedFaceIds.
    """

    entry: PersonEntry
    faces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to create.

    Attributes:
        faces: with embeddings.
    """

    entry: PersonEntry
    faces: Sequence[FaceEntry]


class PersonHolder(Protocol):
    """Where persons are stored: one group, or the directory."""

    @property
    def faces_per_person(self) -> int:
        """Maximum number of faces of a person, for each model."""
        ...

    def page(self, *, start: str, top: int) -> Sequence[HeldPerson]:
        """Up to ``top`` persons with ids greater than ``start``, in order of id."""
        ...

    def faces(self, persons: Sequence[HeldPerson]) -> Sequence[FaceEntry]:
        """All faces of some persons, in their order."""
        ...

    def find_many(self, person_ids: Sequence[str]) -> Sequence[HeldPerson | None]:
        """Persons in the order of the ids; None for those that do not exist."""
        ...

    def being_deleted(self, person_ids: Sequence[str]) -> frozenset[str]:
        """Ids of persons and faces whose deletion is not complete.

        Args:
            person_ids: persons that do not exist.
        """
        ...

    def room(self, places: int) -> AbstractContextManager[None]:
        """A context in which a number of persons may be created; raises QuotaExceeded."""
        ...

    def create(self, persons: Sequence[PersonEntry]) -> Sequence[bool]:
        """Create persons without faces; for each whether it did not exist."""
        ...

    def create_with_faces(self, persons: Sequence[NewPerson]) -> None:
        """Create persons with up to 90 faces each, many in one step.

        Raises:
            DocumentExists: an id is taken; some of the persons are created.
        """
        ...

    def add_faces(self, owner: Owner, faces: Sequence[FaceEntry]) -> int:
        """Add those faces that a person does not have; returns their number."""
        ...


def export_persons(holder: PersonHolder, start: str) -> ArchivePage:
    """A page of persons with ids greater than ``start``, each followed by all of its faces."""
    found = holder.page(start=start, top=_MOST_PERSONS)
    taken: list[HeldPerson] = []
    count = 0
    for person in found:
        count += sum(map(len, person.faces.values()))
        if taken and count > _MOST_FACES:
            break
        taken.append(person)
    faces: defaultdict[str | None, list[FaceEntry]] = defaultdict(list)
    for face in holder.faces(taken):
        faces[face.person_id].append(face)
    entries: list[Entry] = []
    for person in taken:
        entries += [person.entry, *faces[person.entry.person_id]]
    more = len(taken) < len(found) or len(found) == _MOST_PERSONS
    return ArchivePage(entries, taken[-1].entry.person_id if more else None)


def import_persons(holder: PersonHolder, entries: Sequence[Entry]) -> ImportOutcome:
    """Create the persons and faces that do not exist.

    Everything is checked before anything is written.

    Raises:
        BadArgument: a line does not belong here, or names an unknown person.
        QuotaExceeded: there is no room for the persons, or for a person's faces.
    """
    page = _Page.read(holder, entries)
    outcome = ImportOutcome()
    outcome.existing[PERSONS] = page.persons - len(page.new) - page.deleted[PERSONS]
    outcome.existing[FACES] = page.existing_faces
    outcome.skipped[FACES] = page.without_embedding
    outcome.deleted.update(page.deleted)
    if page.new:
        with holder.room(len(page.new)):
            outcome += _create(holder, page)
    for owner, faces in page.faces.items():
        added = holder.add_faces(owner, faces)
        outcome.created[FACES] += added
        outcome.existing[FACES] += len(faces) - added
    return outcome


def _create(holder: PersonHolder, page: _Page) -> ImportOutcome:
    """Create the new persons; those with few faces are created together with them."""
    outcome = ImportOutcome()
    together = page.few_faces()
    try:
        holder.create_with_faces(together)
    except DocumentExists:
        # A concurrent import creates them too: add the missing ones, one by one.
        created = sum(holder.create(page.new))
        outcome.created[PERSONS] = created
        outcome.existing[PERSONS] = len(page.new) - created
        return outcome
    outcome.created[PERSONS] = len(together)
    for person in together:
        outcome.created[FACES] += len(person.faces)
        for face in person.faces:
            page.faces.pop((person.entry.person_id, face.recognition_model or ""), None)
    return outcome


@dataclass(slots=True)
class _Page:
    """The lines of one import, compared with what is stored.

    Attributes:
        persons: number of lines of persons.
        new: persons to create.
        faces: faces to add.
        seen: their ids.
    """

    persons: int = 0
    new: list[PersonEntry] = field(default_factory=list)
    faces: defaultdict[Owner, list[FaceEntry]] = field(default_factory=lambda: defaultdict(list))
    seen: set[tuple[Owner, str]] = field(default_factory=set)
    existing_faces: int = 0
    without_embedding: int = 0
    deleted: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, holder: PersonHolder, entries: Sequence[Entry]) -> _Page:
        persons, faces = person_entries(entries)
        ids = list(dict.fromkeys([one.person_id for one in persons] + [one for one, _ in faces]))
        held = dict(zip(ids, holder.find_many(ids), strict=True))
        missing = [one for one in ids if held[one] is None]
        going = holder.being_deleted(missing)
        page = cls(len(persons))
        new: dict[str, PersonEntry] = {}
        for person in persons:
            if held[person.person_id] is None and person.person_id not in new:
                if person.person_id in going:
                    page.deleted[PERSONS] += 1
                else:
                    new[person.person_id] = person
        page.new = list(new.values())
        for person_id, face in faces:
            known, created = held[person_id], new.get(person_id)
            is_new = created is not None and created.line < face.line
            if known is None and person_id not in going and not is_new:
                raise bad_line(
                    face.line,
                    f"person {person_id} is not in the collection, and no line before this one"
                    " has it.",
                )
            page._add(person_id, face, known, going)
        page._check_room(held, holder.faces_per_person)
        return page

    def _add(
        self, person_id: str, face: FaceEntry, known: HeldPerson | None, going: frozenset[str]
    ) -> None:
        owner = (person_id, face.recognition_model or "")
        listed = () if known is None else known.faces.get(owner[1], ())
        if face.face_id in listed or (owner, face.face_id) in self.seen:
            self.existing_faces += 1
        elif (known is None and person_id in going) or face.face_id in going:
            self.deleted[FACES] += 1
        elif face.embedding is None:
            self.without_embedding += 1
        else:
            self.faces[owner].append(face)
            self.seen.add((owner, face.face_id))

    def few_faces(self) -> list[NewPerson]:
        """The new persons, each with its faces if they fit into one step."""
        owned: defaultdict[str, list[FaceEntry]] = defaultdict(list)
        for (person_id, _), faces in self.faces.items():
            owned[person_id] += faces
        few = {one: faces for one, faces in owned.items() if len(faces) <= _MOST_AT_ONCE}
        return [NewPerson(one, few.get(one.person_id, ())) for one in self.new]

    def _check_room(self, held: Mapping[str, HeldPerson | None], maximum: int) -> None:
        for (person_id, model), faces in self.faces.items():
            known = held[person_id]
            listed = () if known is None else known.faces.get(model, ())
            if len(listed) + len(faces) > maximum:
                raise PersistedFaceLimitReached(
                    f"Line {faces[-1].line}: {PersistedFaceLimitReached.text}"
                )


def person_entries(
    entries: Sequence[Entry],
) -> tuple[list[PersonEntry], list[tuple[str, FaceEntry]]]:
    """The persons, and the faces with their personIds.

    Raises:
        BadArgument: a line is not that of a person or of a person's face.
    """
    persons: list[PersonEntry] = []
    faces: list[tuple[str, FaceEntry]] = []
    for entry in entries:
        match entry:
            case PersonEntry():
                persons.append(entry)
            case FaceEntry(person_id=None):
                raise bad_line(entry.line, "'personId' is missing.")
            case FaceEntry(person_id=str(person_id)):
                faces.append((person_id, entry))
            case MemberEntry():
                raise bad_line(entry.line, "dynamic person groups alone have members.")
            case _:
                raise bad_line(entry.line, "the line of the collection must be the first one.")
    return persons, faces
