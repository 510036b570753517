"""Imported persons can be named by uploads, also where the index of names began meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from shared.composition.container import Container
from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey
from shared.domain.values import NameIndex
from shared.services.archive.entries import CollectionEntry, PersonEntry
from tests.doubles.identifiers import new_id
from tools.operate.settings import WITHOUT_SERVICE

KEY = CollectionKey(LARGE_PERSON_GROUP, "staff")
HEAD = CollectionEntry("staff", None, "recognition_04")


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    """The service on an empty store, with an empty group."""
    with closing(Container({**WITHOUT_SERVICE, "FACE_DATA_DIR": str(tmp_path)})) as container:
        container.enrolment.archive.import_page(KEY, [HEAD])
        yield container


def index_names(container: Container) -> None:
    """Begin to index the names of the group."""
    container.storage.collections.update(KEY, lambda one: replace(one, names=NameIndex.BUILDING))


def bearers(container: Container, name: str) -> list[str]:
    """The persons that the index has under a name."""
    collection = container.storage.collections.get(KEY)
    return list(container.storage.name_claims.open(collection, name).person_ids)


def test_imported_persons_are_in_the_index_of_names(container: Container) -> None:
    index_names(container)
    person = PersonEntry(new_id(), "Ada")
    container.enrolment.archive.import_page(KEY, [person])
    assert bearers(container, "Ada") == [person.person_id]


def test_persons_are_in_the_index_that_began_during_their_import(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = container.storage.people
    create_all = people.create_all

    def late(*arguments: object) -> None:
        create_all(*arguments)  # type: ignore[arg-type]
        index_names(container)

    monkeypatch.setattr(people, "create_all", late)
    person = PersonEntry(new_id(), "Ada")
    container.enrolment.archive.import_page(KEY, [person])
    assert bearers(container, "Ada") == [person.person_id]
