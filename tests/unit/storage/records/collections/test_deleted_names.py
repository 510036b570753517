"""The index of names follows deletions of persons, and deletions that fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.collections import LARGE_PERSON_GROUP
from shared.domain.errors import PersonNotFound, Unavailable
from shared.domain.values import Collection, NameIndex, Person
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.name_claims import NameClaims
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.interrupted_group import COMMIT, InterruptedGroup


@pytest.fixture
def group(tmp_path: Path) -> Iterator[InterruptedGroup]:
    group = InterruptedGroup(tmp_path, create=False)
    group.collections.create(
        Collection(
            LARGE_PERSON_GROUP,
            group.key.collection_id,
            "people",
            "recognition_04",
            new_id(),
            names=NameIndex.READY,
        )
    )
    yield group
    group.store.close()


def named(group: InterruptedGroup, name: str) -> str:
    """A new person of that name, with a face."""
    person = Person(new_id(), name)
    group.people.create(group.collection, person)
    group.add_face(person.person_id)
    return person.person_id


def listed(group: InterruptedGroup, name: str) -> set[str]:
    """The persons that the index has under a name."""
    return set(NameClaims(group.store.container(PEOPLE)).listed(group.collection, name))


def test_a_deleted_person_is_no_longer_under_its_name(group: InterruptedGroup) -> None:
    gone, namesake, other = named(group, "Ada"), named(group, "Ada"), named(group, "Grace")
    assert listed(group, "Ada") == {gone, namesake}

    group.delete_person(gone)

    assert listed(group, "Ada") == {namesake}
    assert listed(group, "Grace") == {other}


def test_a_person_whose_deletion_failed_is_under_its_name_again(group: InterruptedGroup) -> None:
    person = named(group, "Ada")
    names = 2  # Calls: the read of the claim and its write.
    with pytest.raises(Unavailable):
        group.during(1 + COMMIT + names, None, lambda: group.delete_person(person))
    group.interruptions.plan(None)
    assert listed(group, "Ada") == set()
    (mark,) = group.marks.all(group.collection.incarnation)

    assert group.deletions.withdraw(group.collection, mark)

    assert listed(group, "Ada") == {person}
    assert group.marks.all(group.collection.incarnation) == []


def test_every_attempt_announces_the_name_that_the_person_has_then(group: InterruptedGroup) -> None:
    person = named(group, "Ada")
    announced: list[str] = []

    group.deletions.delete_person(group.collection, person, announced.append)

    assert announced == ["Ada"]
    with pytest.raises(PersonNotFound):
        group.deletions.delete_person(group.collection, person, announced.append)
    assert announced == ["Ada"]
