"""References between persons and dynamic groups agree in both directions."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from shared.domain.directory import DirectoryPerson, DynamicGroup
from shared.domain.errors import ConcurrentOperation, DocumentChanged, DocumentMissing
from shared.storage.documents.store import DocumentContainer, DocumentStore, Operation
from shared.storage.layout import PEOPLE
from shared.storage.records.directory.documents import PARTITIONS
from shared.storage.records.directory.memberships import MARK_LIFE, Memberships
from shared.storage.records.directory.people import DirectoryPeople
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.unit.storage.records.refused_writes import refuse_writes

ATTEMPTS = 20
PERSONS_PER_BATCH = 15
DAY = 86_400


class Directory:
    """Persons and groups in SQLite."""

    def __init__(self, container: DocumentContainer, clock: ManualClock) -> None:
        self.container = container
        self.clock = clock
        self.people = DirectoryPeople(container)
        self.memberships = Memberships(container)

    def persons(self, number: int, digit: str = "") -> list[str]:
        """So many new persons, whose ids begin with a digit; in order of id."""
        ids = sorted(digit + new_id()[len(digit) :] for _ in range(number))
        for person_id in ids:
            self.people.create(DirectoryPerson(person_id, "Ada", None, {}))
        return ids

    def members(self, group: DynamicGroup) -> list[str]:
        return self.memberships.persons(group.incarnation, start="", top=1_000)

    def groups(self, person_id: str) -> list[DynamicGroup]:
        return self.memberships.groups(person_id, start="", limit=1_000)

    def stored(self, prefix: str) -> int:
        """How many documents begin so."""
        return sum(self.container.count(partition, prefix=prefix) for partition in PARTITIONS)


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


@pytest.fixture
def directory(container: DocumentContainer, clock: ManualClock) -> Directory:
    return Directory(container, clock)


def group(group_id: str = "group") -> DynamicGroup:
    return DynamicGroup(group_id, new_id())


def test_persons_come_into_a_group_once_and_leave_it(directory: Directory) -> None:
    persons, staff, other = directory.persons(20), group(), group("other")
    directory.memberships.add(staff, [*persons, persons[0], new_id()])
    directory.memberships.add(staff, persons[:3])
    directory.memberships.add(other, persons[:1])
    assert directory.members(staff) == persons
    assert directory.groups(persons[0]) == [staff, other]
    assert directory.groups(persons[1]) == [staff]

    directory.memberships.remove(staff, [persons[0], persons[0], new_id()])
    directory.memberships.remove(staff, persons[:1])

    assert directory.members(staff) == persons[1:]
    assert directory.groups(persons[0]) == [other]
    among = directory.memberships.members_among(staff.incarnation, [*persons[:3], new_id()])
    assert among == frozenset(persons[1:3])
    by_partition = [
        directory.memberships.of_partition(staff.incarnation, one) for one in PARTITIONS
    ]
    assert frozenset().union(*by_partition) == frozenset(persons[1:])
    directory.memberships.add(staff, persons[:1])
    assert directory.members(staff) == persons


def test_a_person_that_left_is_marked_for_a_day(directory: Directory) -> None:
    assert MARK_LIFE == DAY
    (person,), staff = directory.persons(1), group()
    directory.memberships.add(staff, [person])
    directory.memberships.remove(staff, [person])
    directory.clock.advance(DAY - 1)
    assert directory.stored("g.") == 1
    directory.clock.advance(1)
    assert directory.stored("g.") == 0
    directory.memberships.add(staff, [person])
    directory.clock.advance(2 * DAY)
    assert directory.members(staff) == [person], "a member does not expire"


def test_pages_of_members_and_of_groups_are_in_order(directory: Directory) -> None:
    persons, staff = directory.persons(30), group()
    directory.memberships.add(staff, persons)
    directory.memberships.remove(staff, persons[3:6])
    left = persons[:3] + persons[6:]
    read: list[str] = []
    while found := directory.memberships.persons(
        staff.incarnation, start=read[-1] if read else "", top=7
    ):
        assert len(found) == min(7, len(left) - len(read))
        read += found
    assert read == left
    groups = [group(f"g{number}") for number in range(5)]
    for one in groups:
        directory.memberships.add(one, persons[4:5])
    assert directory.memberships.groups(persons[4], start="", limit=2) == groups[:2]
    assert directory.memberships.groups(persons[4], start="g1", limit=9) == groups[2:]
    assert directory.memberships.groups(persons[4], start="g4", limit=9) == []


@pytest.mark.parametrize(
    ("number", "sizes"),
    [
        (1, [3]),
        (PERSONS_PER_BATCH, [3 * PERSONS_PER_BATCH]),
        (PERSONS_PER_BATCH + 1, [3 * PERSONS_PER_BATCH, 3]),
    ],
)
def test_fifteen_persons_of_a_partition_go_with_a_write(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, number: int, sizes: list[int]
) -> None:
    persons, staff = directory.persons(number, digit="7"), group()
    written: list[int] = []
    batch = directory.container.batch

    def record(partition: str, operations: Sequence[Operation]) -> None:
        written.append(len(operations))
        batch(partition, operations)

    monkeypatch.setattr(directory.container, "batch", record)
    directory.memberships.add(staff, persons)
    assert written == sizes
    directory.memberships.add(staff, persons)
    assert written == sizes, "nothing is written for members"
    directory.memberships.remove(staff, persons)
    assert written == sizes * 2
    assert directory.members(staff) == []


@pytest.mark.parametrize("error", [DocumentChanged, DocumentMissing])
def test_twenty_attempts_are_made_and_the_last_one_counts(
    directory: Directory, error: type[DocumentChanged] | type[DocumentMissing]
) -> None:
    persons, staff = directory.persons(2), group()
    directory.memberships.add(staff, persons[:1])
    for write in (directory.memberships.add, directory.memberships.remove):
        meant = persons[1:] if write == directory.memberships.add else persons[:1]
        before = directory.members(staff)
        with pytest.MonkeyPatch.context() as patch:
            tried = refuse_writes(patch, directory.container, ATTEMPTS, error)
            with pytest.raises(ConcurrentOperation):
                write(staff, meant)
            assert len(tried) == ATTEMPTS
        assert directory.members(staff) == before
        with pytest.MonkeyPatch.context() as patch:
            refuse_writes(patch, directory.container, ATTEMPTS - 1, error)
            write(staff, meant)
    assert directory.members(staff) == persons[1:]


def test_a_deleted_group_is_swept_in_both_directions_in_steps(directory: Directory) -> None:
    persons, gone, other = directory.persons(120, digit="7"), group(), group("other")
    directory.memberships.add(gone, persons)
    directory.memberships.add(other, persons[:2])
    directory.memberships.remove(gone, persons[:5])

    assert not directory.memberships.sweep(gone, batches=2)
    assert directory.stored(f"g.{gone.incarnation}.") == 20
    assert directory.memberships.sweep(gone, batches=1)

    assert directory.stored(f"g.{gone.incarnation}.") == 0
    assert all(directory.groups(person) == [] for person in persons[2:])
    assert directory.members(other) == persons[:2]
    assert directory.groups(persons[0]) == [other]
    assert directory.memberships.sweep(gone, batches=0)


def test_a_sweep_that_another_worker_overtakes_begins_again(directory: Directory) -> None:
    persons, gone = directory.persons(3), group()
    directory.memberships.add(gone, persons)
    with pytest.MonkeyPatch.context() as patch:
        refuse_writes(patch, directory.container, 2, DocumentMissing)
        assert directory.memberships.sweep(gone, batches=5)
    assert directory.stored("g.") == 0
    assert directory.stored("r.") == 0
