"""References between persons and dynamic groups: consistent, in order, deleted with either."""

from __future__ import annotations

import contextlib
import threading

import pytest

from shared.domain.directory import MembershipChanges
from shared.domain.errors import CollectionExists, CollectionNotFound, PersonNotFound
from shared.domain.identifiers import random_id
from shared.domain.requests import Changes
from tests.unit.services.directory.local_directory import LocalDirectory, group_key, unit

GROUPS_IN_ORDER = ["a", "a-", "a-b", "a0", "a_", "ab", "b"]


def test_a_group_lists_its_persons_and_a_person_its_groups(directory: LocalDirectory) -> None:
    people = sorted(directory.enrol() for _ in range(5))
    first, second = directory.group(*people[:3]), directory.group(*people[2:])
    assert directory.members(first) == people[:3]
    assert directory.members(second) == people[2:]
    assert directory.references(people[0]) == [first.collection_id]
    both = sorted([first.collection_id, second.collection_id])
    assert directory.references(people[2]) == both


def test_references_are_in_order_of_group_id_and_start_after_one(
    directory: LocalDirectory,
) -> None:
    person = directory.enrol()
    for group_id in reversed(GROUPS_IN_ORDER):
        directory.groups.create(
            group_key(group_id), name="group", user_data=None, person_ids=[person]
        )
    assert directory.references(person) == sorted(GROUPS_IN_ORDER)
    for position, start in enumerate(sorted(GROUPS_IN_ORDER)):
        found = directory.persons.page_references(person, start=start, top=2)
        assert found == sorted(GROUPS_IN_ORDER)[position + 1 : position + 3]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_members_are_paged_in_order_of_id(directory: LocalDirectory) -> None:
    people = sorted(directory.enrol() for _ in range(40))
    key = directory.group(*people)
    seen: list[str] = []
    while page := directory.groups.page_persons(key, start=seen[-1] if seen else "", top=7):
        assert len(page) <= 7
        seen += page
    assert seen == people


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_persons_of_the_directory_are_paged_in_order_of_id(directory: LocalDirectory) -> None:
    people = sorted(directory.enrol() for _ in range(40))
    seen: list[str] = []
    while page := directory.persons.page_persons(start=seen[-1] if seen else "", top=7):
        seen += [person.person_id for person in page]
    assert seen == people


def test_adding_twice_and_removing_a_stranger_change_nothing(directory: LocalDirectory) -> None:
    person, stranger = directory.enrol(), directory.enrol()
    key = directory.group(person)
    members = MembershipChanges(add=(person,), remove=(stranger, random_id()))
    assert directory.groups.update(key, Changes(), members) is not None
    assert directory.members(key) == [person]
    assert directory.references(stranger) == []


def test_an_unknown_person_leaves_nothing_half_made(directory: LocalDirectory) -> None:
    person, key = directory.enrol(), group_key("group")
    with pytest.raises(PersonNotFound):
        directory.groups.create(key, name="group", user_data=None, person_ids=[person, random_id()])
    with pytest.raises(CollectionNotFound):
        directory.members(key)
    directory.groups.create(key, name="group", user_data=None, person_ids=())
    unknown = MembershipChanges(add=(person, random_id()))
    with pytest.raises(PersonNotFound):
        directory.groups.update(key, Changes("other"), unknown)
    assert directory.members(key) == []
    assert directory.collections.get(key).name == "group"


def test_a_group_that_exists_is_not_made_again(directory: LocalDirectory) -> None:
    person = directory.enrol()
    key = directory.group()
    with pytest.raises(CollectionExists, match="Dynamic person group already exists"):
        directory.groups.create(key, name="again", user_data=None, person_ids=[person])
    assert directory.references(person) == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_deleting_a_group_leaves_its_persons_and_sweeps_every_reference(
    directory: LocalDirectory,
) -> None:
    people = [directory.enrol(unit(1.0)) for _ in range(60)]
    key, other = directory.group(*people), directory.group(people[0])
    directory.groups.delete(key)
    assert directory.references(people[0]) == [other.collection_id]
    assert directory.references(people[1]) == []
    directory.deliver()
    assert len(directory.stored("g.")) == len(directory.stored("r.")) == 1
    assert len(directory.stored("p.")) == len(directory.stored("f.")) == 60


def test_a_group_made_again_under_its_id_has_none_of_its_old_persons(
    directory: LocalDirectory,
) -> None:
    old, new = directory.enrol(), directory.enrol()
    key = directory.group(old)
    directory.groups.delete(key)
    directory.groups.create(key, name="again", user_data=None, person_ids=[new])
    assert directory.members(key) == [new]
    assert directory.references(old) == []
    directory.deliver()
    assert directory.members(key) == [new]
    assert directory.references(new) == [key.collection_id]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_deleted_person_is_in_no_group_and_leaves_nothing(directory: LocalDirectory) -> None:
    person, other = directory.enrol(unit(1.0), unit(0, 1.0)), directory.enrol()
    # More groups than one batch removes, so that some go before the person does.
    groups = [directory.group(person, other) for _ in range(110)]
    assert len(directory.references(person)) == 110
    directory.persons.delete_person(person)
    with pytest.raises(PersonNotFound):
        directory.references(person)
    assert {tuple(directory.members(key)) for key in groups} == {(other,)}
    assert [name for name in directory.stored() if person in name] == [f"x.{person}"]


def test_a_name_changes_with_or_without_the_persons(directory: LocalDirectory) -> None:
    person = directory.enrol()
    key = directory.group()
    assert directory.groups.update(key, Changes(name="new"), MembershipChanges()) is None
    assert directory.collections.get(key).name == "new"
    changes = Changes(name="newer", user_data="data")
    operation = directory.groups.update(key, changes, MembershipChanges(add=(person,)))
    assert operation is not None
    assert (
        directory.operations.get(operation).resource == f"dynamicpersongroups/{key.collection_id}"
    )
    assert directory.collections.get(key).name == "newer"
    assert directory.members(key) == [person]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("attempt", range(15))
def test_joining_while_being_deleted_ends_in_one_of_the_two_orders(
    directory: LocalDirectory, attempt: int
) -> None:
    person, key = directory.enrol(unit(1.0)), directory.group()
    start = threading.Barrier(2)

    def join() -> None:
        start.wait()
        with contextlib.suppress(PersonNotFound):
            directory.groups.update(key, Changes(), MembershipChanges(add=(person,)))

    joining = threading.Thread(target=join)
    joining.start()
    start.wait()
    directory.persons.delete_person(person)
    joining.join()
    assert directory.members(key) == []
    assert [name for name in directory.stored() if person in name] == [f"x.{person}"]
