"""Crashes at every write: references stay consistent, and deleted persons never reappear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, TypeVar

import pytest

from shared.domain.collections import CollectionKey
from shared.domain.directory import DirectoryScope, MembershipChanges
from shared.domain.errors import PersonNotFound, Unavailable
from shared.domain.requests import Changes
from shared.storage.documents.store import Body, Document, DocumentContainer, Key, Operation
from tests.unit.services.directory.conftest import MakeDirectory
from tests.unit.services.directory.local_directory import LocalDirectory, unit

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

_T = TypeVar("_T")


class Died(Exception):
    """The simulated crash at a write."""


class Mortal:
    """A container whose process crashes just before, or just after, its n-th write from now on."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container
        self.writes_left: int | None = None
        self.error: Exception = Died()
        self.applies_last = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def create(self, key: Key, body: Body, *, ttl: int | None = None) -> Document:
        return self._write(lambda: self._container.create(key, body, ttl=ttl))

    def replace(
        self, key: Key, body: Body, *, etag: str | None = None, ttl: int | None = None
    ) -> Document:
        return self._write(lambda: self._container.replace(key, body, etag=etag, ttl=ttl))

    def batch(self, partition: str, operations: Sequence[Operation]) -> None:
        self._write(lambda: self._container.batch(partition, operations))

    def _write(self, write: Callable[[], _T]) -> _T:
        if self.writes_left is None:
            return write()
        self.writes_left -= 1
        if self.writes_left >= 0:
            return write()
        if self.applies_last:
            write()
        raise self.error


Act = Callable[[LocalDirectory, Sequence[str], CollectionKey, CollectionKey], None]


def add_everybody(
    directory: LocalDirectory, people: Sequence[str], group: CollectionKey, _: CollectionKey
) -> None:
    directory.groups.update(group, Changes(), MembershipChanges(add=tuple(people)))


def remove_everybody(
    directory: LocalDirectory, people: Sequence[str], _: CollectionKey, full: CollectionKey
) -> None:
    directory.groups.update(full, Changes(), MembershipChanges(remove=tuple(people)))


def delete_somebody(
    directory: LocalDirectory, people: Sequence[str], _: CollectionKey, __: CollectionKey
) -> None:
    directory.persons.delete_person(people[0])


def delete_the_group(
    directory: LocalDirectory, _: Sequence[str], __: CollectionKey, full: CollectionKey
) -> None:
    directory.groups.delete(full)
    directory.deliver()


def check(
    directory: LocalDirectory, people: Sequence[str], groups: Sequence[CollectionKey]
) -> None:
    """Both directions of the references agree, and searches find exactly the existing persons."""
    existing = {person.person_id for person in directory.persons.page_persons(start="", top=1_000)}
    found = {person_id for person_id, _ in directory.found(unit(1.0), DirectoryScope())}
    assert found == existing
    for key in groups:
        if directory.collections.find(key) is None:
            continue
        members = set(directory.members(key))
        assert members <= existing
        referring = {one for one in existing if key.collection_id in directory.references(one)}
        assert members == referring
        searched = directory.found(unit(1.0), DirectoryScope(group=key))
        assert {person_id for person_id, _ in searched} == members
    for person_id in set(people) - existing:
        with pytest.raises(PersonNotFound):
            directory.references(person_id)


@pytest.mark.parametrize("applies_last", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("copies", [0, 300_000_000], ids=["pages", "copies"])
@pytest.mark.parametrize(
    "act", [add_everybody, remove_everybody, delete_somebody, delete_the_group]
)
def test_after_a_crash_references_agree_and_doing_it_again_completes_it(
    make_directory: MakeDirectory, act: Act, copies: int, applies_last: bool
) -> None:
    mortals: list[Mortal] = []

    def wrap(container: DocumentContainer) -> Any:
        mortals.append(Mortal(container))
        return mortals[-1]

    directory = make_directory(wrap=wrap, few_persons=0, copies=copies)
    crashes = 0
    for survived in count():
        people = [directory.enrol(unit(1.0), unit(0, 1.0)) for _ in range(3)]
        group, full = directory.group(), directory.group(*people)
        more = [directory.group(people[0]) for _ in range(55 if act is delete_somebody else 0)]
        mortals[0].writes_left, mortals[0].applies_last = survived, applies_last
        try:
            act(directory, people, group, full)
        except Died:
            crashes += 1
        else:
            break
        finally:
            mortals[0].writes_left = None
        # Another instance, without any state of the first one, and the first one itself.
        check(make_directory(few_persons=0, copies=copies), people, [group, full, *more])
        check(directory, people, [group, full, *more])
        directory.deletions.finish()
        orphans = [
            name for name in directory.stored("f.") if name.split(".")[2] not in existing(directory)
        ]
        assert orphans == []
    assert crashes > 0
    check(directory, people, [group, full, *more])


def existing(directory: LocalDirectory) -> set[str]:
    return {name.removeprefix("p.") for name in directory.stored("p.")}


def test_the_timer_finishes_what_a_dead_deletion_left(make_directory: MakeDirectory) -> None:
    mortals: list[Mortal] = []

    def wrap(container: DocumentContainer) -> Any:
        mortals.append(Mortal(container))
        return mortals[-1]

    directory = make_directory(wrap=wrap)
    person = directory.enrol(unit(1.0), unit(0, 1.0))
    mortals[0].writes_left = 1
    with pytest.raises(Died):
        directory.persons.delete_person(person)
    mortals[0].writes_left = None
    assert len(directory.stored("f.")) == 2
    assert make_directory(copies=0).found(unit(1.0), DirectoryScope()) == []
    assert make_directory().deletions.finish() == 1
    assert directory.stored("f.") == []
    assert make_directory().deletions.finish() == 0


def test_a_deletion_that_has_committed_succeeds_although_its_faces_cannot_be_deleted(
    make_directory: MakeDirectory,
) -> None:
    mortals: list[Mortal] = []

    def wrap(container: DocumentContainer) -> Any:
        mortals.append(Mortal(container))
        return mortals[-1]

    directory = make_directory(wrap=wrap)
    person = directory.enrol(unit(1.0))
    mortals[0].writes_left = 1
    mortals[0].error = Unavailable("The store cannot be reached.")
    directory.persons.delete_person(person)
    mortals[0].writes_left = None
    assert len(directory.stored("f.")) == 1
    assert directory.found(unit(1.0), DirectoryScope()) == []
    assert make_directory().deletions.finish() == 1
    assert directory.stored("f.") == []
