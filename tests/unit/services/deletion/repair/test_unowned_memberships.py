"""Memberships in dynamic groups whose purge was lost before the upgrade are found and purged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.collections import DYNAMIC_PERSON_GROUP, CollectionKey
from shared.domain.directory import DirectoryPerson, DynamicGroup
from shared.domain.models import NO_RECOGNITION_MODEL
from shared.domain.values import Collection
from shared.services.deletion import unowned_data as search
from shared.storage.layout import PEOPLE
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.doubles.stores import KINDS as STORES
from tests.doubles.stores import empty_store
from tests.unit.services.groups.timer import unowned_data
from tests.unit.services.groups.trainable_group import TrainableGroup


class Directory:
    """Persons of a directory, and dynamic groups that have all of them as members."""

    def __init__(self, group: TrainableGroup) -> None:
        self.group = group
        people = group.store.container(PEOPLE)
        self.memberships = Memberships(people)
        self.persons = [f"{digit}{new_id()[1:]}" for digit in "00017bff"]
        for person_id in self.persons:
            DirectoryPeople(people).create(DirectoryPerson(person_id, "name"))

    def create(self, group_id: str) -> DynamicGroup:
        """A group with members."""
        group = DynamicGroup(group_id, new_id())
        self.group.collections.create(
            Collection(
                DYNAMIC_PERSON_GROUP, group_id, "name", NO_RECOGNITION_MODEL, group.incarnation
            )
        )
        self.memberships.add(group, self.persons)
        return group

    def lose(self, group: DynamicGroup) -> None:
        """Delete a group as schema 1 did whose message was lost: only its own document goes."""
        key = CollectionKey(DYNAMIC_PERSON_GROUP, group.group_id)
        self.group.collections.delete(key, group.incarnation, lambda: None)

    def members(self, group: DynamicGroup) -> list[str]:
        return self.memberships.persons(group.incarnation, start="", top=1_000)

    def references(self) -> set[DynamicGroup]:
        """The groups that persons refer to."""
        return {
            group
            for person_id in self.persons
            for group in self.memberships.groups(person_id, start="", limit=100)
        }

    def restart_and_search(self) -> None:
        """One step of the search, by a process that has just started."""
        self.group.restart()
        _, _, memberships = unowned_data(self.group)
        memberships.run()

    def purge(self) -> None:
        """Carry out the purges that were found."""
        for stored in self.group.tasks.all():
            self.group.collection_purge.send(stored.task)
        self.group.purge()


@pytest.fixture(params=STORES)
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Directory]:
    clock = ManualClock()
    with empty_store(request.param, tmp_path, clock) as store:
        yield Directory(TrainableGroup(tmp_path, store=store, clock=clock))


def test_memberships_of_a_group_whose_purge_was_lost_go(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, search.__name__)
    monkeypatch.setattr(search, "_LISTED_PER_STEP", 2)
    monkeypatch.setattr(search, "_COLLECTIONS_PER_STEP", 1)
    monkeypatch.setattr(search, "_STEPS_PER_ROUND", 3)
    kept, lost, again = (directory.create(name) for name in ("kept", "lost", "made-again"))
    directory.lose(lost)
    directory.lose(again)
    living = directory.create(again.group_id)
    assert directory.references() == {kept, lost, again, living}

    for _ in range(40):
        directory.restart_and_search()
    directory.purge()

    assert directory.references() == {kept, living}
    assert [directory.members(group) for group in (lost, again)] == [[], []]
    assert directory.members(kept) == directory.members(living) == sorted(directory.persons)
    assert {one.getMessage() for one in caplog.records} == {
        "memberships of deleted collections found"
    }
