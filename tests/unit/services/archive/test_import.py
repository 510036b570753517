"""An import after a deletion enrols anew, hidden by no mark; quotas hold for whole pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from shared.domain.collections import LARGE_FACE_LIST, LARGE_PERSON_GROUP, CollectionKind
from shared.domain.errors import QuotaExceeded
from shared.domain.quotas import STANDARD, adjusted
from shared.domain.values import PersistedFace
from shared.services.archive.directory import DirectoryPersons
from shared.services.archive.entries import Entry, FaceEntry, ImportOutcome, PersonEntry
from shared.services.archive.groups import GroupPersons
from shared.services.archive.lists import ListFaces
from shared.services.archive.persons import HeldPerson, export_persons, import_persons
from shared.services.collections.quota_guard import QuotaGuard
from shared.services.collections.quotas import QuotaChecks
from shared.storage.layout import COLLECTIONS, PEOPLE
from shared.storage.records.collections.person_counters import PersonCounters
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.people import DirectoryPeople
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

Make = Callable[..., TrainableGroup]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a collection of a kind."""

    def made(kind: CollectionKind = LARGE_PERSON_GROUP) -> TrainableGroup:
        return TrainableGroup(tmp_path / kind.name, kind=kind)

    return made


def checks(group: TrainableGroup, text: str = "") -> QuotaChecks:
    return QuotaChecks(
        adjusted(STANDARD, text),
        QuotaGuard(group.clock),
        group.collections,
        group.people,
        group.listed,
        PersonCounters(group.store.container(COLLECTIONS)),
        DirectoryPeople(group.store.container(PEOPLE)),
    )


def holder(group: TrainableGroup, quotas: str = "") -> GroupPersons:
    return GroupPersons(group.collection, group.people, group.marks, checks(group, quotas))


def lines(entries: Sequence[Entry]) -> list[Entry]:
    """Entries as they would be read from lines."""
    numbered: list[Entry] = []
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, PersonEntry):
            numbered.append(PersonEntry(entry.person_id, entry.name, entry.user_data, number))
        elif isinstance(entry, FaceEntry):
            face = (entry.person_id, entry.face_id, entry.user_data)
            numbered.append(FaceEntry(*face, embedding=entry.embedding, line=number))
    return numbered


def whole(group: TrainableGroup) -> list[Entry]:
    """All persons and faces of a group, in pages as they are exported."""
    found: list[Entry] = []
    start: str | None = ""
    while start is not None:
        page = export_persons(holder(group), start)
        found += page.entries
        start = page.continuation
    return lines(found)


def kept(outcome: ImportOutcome) -> tuple[int, int, int, int]:
    created, deleted = outcome.created, outcome.deleted
    return created["persons"], created["faces"], deleted["persons"], deleted["faces"]


def test_a_deleted_person_is_enrolled_again_once_nothing_of_it_is_left(make: Make) -> None:
    group = make()
    faces = [group.add_person(faces=2) for _ in range(12)]
    archive = whole(group)
    group.train()
    group.found()
    person, single = faces[0], faces[1]
    group.delete_person(person.person_id)
    group.delete_face(single)
    group.found()
    assert kept(import_persons(holder(group), archive)) == (0, 0, 1, 3)

    group.erase()
    assert not group.holds(person)
    group.erase()
    assert kept(import_persons(holder(group), archive)) == (1, 3, 0, 0)
    assert person.persisted_face_id not in group.found()

    group.train()
    assert (
        group.found()
        == group.stored()
        == {one.face_id for one in archive if isinstance(one, FaceEntry)}
    )
    assert group.nearest(person.embedding.vector) == person.person_id
    assert {entry for entry in whole(group) if isinstance(entry, PersonEntry)} == {
        entry for entry in archive if isinstance(entry, PersonEntry)
    }


def test_a_person_imported_again_can_be_deleted_again(make: Make) -> None:
    group = make()
    face = group.add_person()
    group.add_person()
    archive = whole(group)
    for _ in range(2):
        group.train()
        group.delete_person(face.person_id)
        assert face.persisted_face_id not in group.found()
        group.erase()
        group.erase()
        assert not group.holds(face)
        assert import_persons(holder(group), archive).created["persons"] == 1
    group.train()
    assert group.found() == group.stored()


def test_a_deleted_face_of_a_large_list_is_left_out_until_its_deletion_is_complete(
    make: Make,
) -> None:
    group = make(LARGE_FACE_LIST)
    faces = [group.made_up_face("") for _ in range(3)]
    archive: list[Entry] = [
        FaceEntry(None, one.persisted_face_id, embedding=one.embedding) for one in faces
    ]

    def imported() -> ImportOutcome:
        target = ListFaces(group.collection, group.listed, group.marks, checks(group))
        return target.import_page(archive)

    assert kept(imported()) == (0, 3, 0, 0)
    group.train()
    group.lifecycle.delete_listed_face(group.collection, faces[0].persisted_face_id)
    assert kept(imported()) == (0, 0, 0, 1)
    group.erase()
    assert kept(imported()) == (0, 1, 0, 0)
    group.train()
    assert len(group.found()) == 3


def person_with(faces: Sequence[PersistedFace]) -> list[Entry]:
    person_id = new_id()
    return lines(
        [
            PersonEntry(person_id, "Ada"),
            *(
                FaceEntry(person_id, one.persisted_face_id, embedding=one.embedding)
                for one in faces
            ),
        ]
    )


def test_a_page_that_does_not_fit_is_refused_whole(make: Make) -> None:
    group = make()
    archive = lines([PersonEntry(new_id(), f"{number}") for number in range(5)])
    with pytest.raises(QuotaExceeded, match="level limit"):
        import_persons(holder(group, "LargePersonGroup.persons=4"), archive)
    assert whole(group) == []
    assert kept(import_persons(holder(group, "LargePersonGroup.persons=5"), archive))[0] == 5
    repeated = import_persons(holder(group, "LargePersonGroup.persons=5"), archive)
    assert repeated.existing["persons"] == 5

    faces = person_with([group.made_up_face("") for _ in range(4)])
    with pytest.raises(QuotaExceeded, match=r"Line 5: Persisted face number reached limit\."):
        import_persons(holder(group, "Person.faces=3"), faces)
    assert len(whole(group)) == 5


def test_a_person_with_more_faces_than_a_batch_holds_moves_whole(make: Make) -> None:
    group = make()
    archive = person_with([group.made_up_face("") for _ in range(200)])
    assert kept(import_persons(holder(group), archive[:150]))[:2] == (1, 149)
    assert kept(import_persons(holder(group), archive))[:2] == (0, 51)
    assert [one.face_id for one in whole(group) if isinstance(one, FaceEntry)] == [
        one.face_id for one in archive if isinstance(one, FaceEntry)
    ]


def test_imports_side_by_side_make_every_person_and_face_once(make: Make) -> None:
    group = make()
    archive = [
        entry
        for number in range(20)
        for entry in person_with([group.made_up_face("") for _ in range(number % 4)])
    ]

    class Late(GroupPersons):
        """Reads before another import writes."""

        def find_many(self, person_ids: Sequence[str]) -> Sequence[HeldPerson | None]:
            found = super().find_many(person_ids)
            import_persons(holder(group), archive[:25])
            return found

    late = Late(group.collection, group.people, group.marks, checks(group))
    outcome = import_persons(late, archive)
    assert outcome.created["persons"] + outcome.existing["persons"] == 20
    assert outcome.created["faces"] + outcome.existing["faces"] == 30
    assert {one.face_id for one in whole(group) if isinstance(one, FaceEntry)} == {
        one.face_id for one in archive if isinstance(one, FaceEntry)
    }
    assert len(group.people.page(group.collection, start="", top=100)) == 20


def test_a_page_may_hold_more_persons_than_the_store_writes_at_once(make: Make) -> None:
    group = make()
    archive = lines([PersonEntry(new_id(), "Ada") for _ in range(1_200)])
    people = group.store.container(PEOPLE)
    directory = DirectoryPersons(DirectoryPeople(people), DirectoryDeletions(people), checks(group))
    for target in (holder(group), directory):
        assert import_persons(target, archive).created["persons"] == 1_200
        assert sum(target.create([one for one in archive if isinstance(one, PersonEntry)])) == 0
        assert import_persons(target, archive).existing["persons"] == 1_200


def test_persons_with_the_longest_user_data_fit_into_batches(make: Make) -> None:
    group = make()
    long = lines([PersonEntry(new_id(), "Ada", "\U0001f600" * 16_384) for _ in range(100)])
    assert kept(import_persons(holder(group), long))[0] == 100


def test_pages_hold_whole_persons_and_about_a_thousand_faces(make: Make) -> None:
    group = make()
    for _ in range(5):
        import_persons(holder(group), person_with([group.made_up_face("") for _ in range(240)]))
    first = export_persons(holder(group), "")
    assert len(first.entries) == 4 * 241
    second = export_persons(holder(group), first.continuation or "")
    assert (len(second.entries), second.continuation) == (241, None)
