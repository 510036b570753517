"""Documents of other schema versions: migrated when read, rejected when newer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.domain.clock import SystemClock
from shared.domain.errors import ConfigurationError
from shared.storage.documents.schema import Schema, VersionedDocumentStore
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Body, Create, Document, DocumentStore, Key
from shared.storage.layout import ContainerSpec

SPEC = ContainerSpec("people")
KEY = Key("p", "one")


def split_name(key: Key, body: Body) -> dict[str, Any]:
    """A made-up second version: persons have two names."""
    if not key.id.startswith("p."):
        return dict(body)
    first, _, last = body["name"].partition(" ")
    return {"first": first, "last": last}


def shout(_: Key, body: Body) -> dict[str, Any]:
    """A made-up third version."""
    return {name: value.upper() for name, value in body.items()}


FIRST = Schema(1)
SECOND = Schema(2, {("people", 1): split_name})
THIRD = Schema(3, {("people", 1): split_name, ("people", 2): shout, ("faces", 2): split_name})


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[DocumentStore]:
    store = SqliteDocumentStore(tmp_path / "documents.sqlite", clock=SystemClock())
    yield store
    store.close()


def body_of(document: Document | None) -> Body:
    assert document is not None
    return document.body


def test_every_document_has_a_version_that_readers_do_not_get(
    plain: DocumentStore,
) -> None:
    container = VersionedDocumentStore(plain, SECOND).container(SPEC)
    container.create(KEY, {"n": 1})
    container.batch("p", [Create("two", {"n": 2})])
    container.replace(KEY, {"n": 3})

    kept = [document.body for document in plain.container(SPEC).page("p")]
    assert kept == [{"n": 3, "schemaVersion": 2}, {"n": 2, "schemaVersion": 2}]
    assert [document.body for document in container.page("p")] == [{"n": 3}, {"n": 2}]


def test_an_older_document_is_brought_forward_in_every_way_to_read_it(
    plain: DocumentStore,
) -> None:
    key = Key("p", "p.1")
    VersionedDocumentStore(plain, FIRST).container(SPEC).create(key, {"name": "Ada Lovelace"})

    container = VersionedDocumentStore(plain, SECOND).container(SPEC)

    expected = {"first": "Ada", "last": "Lovelace"}
    assert body_of(container.get(key)) == expected
    assert body_of(container.get_many([key])[0]) == expected
    assert body_of(container.page("p")[0]) == expected
    assert body_of(container.changes_since("p", None).documents[0]) == expected


def test_an_older_document_is_brought_forward_before_some_of_its_members_are_taken(
    plain: DocumentStore,
) -> None:
    old = VersionedDocumentStore(plain, FIRST).container(SPEC)
    old.create(Key("p", "p.1"), {"name": "Ada Lovelace"})
    container = VersionedDocumentStore(plain, SECOND).container(SPEC)
    container.create(Key("p", "p.2"), {"first": "Grace", "last": "Hopper"})

    page = container.page("p", members=("last",))

    assert [document.body for document in page] == [{"last": "Lovelace"}, {"last": "Hopper"}]


def test_migrations_follow_each_other_and_leave_other_kinds_and_containers_alone(
    plain: DocumentStore,
) -> None:
    old = VersionedDocumentStore(plain, FIRST)
    old.container(SPEC).create(Key("p", "p.1"), {"name": "Ada Lovelace"})
    old.container(SPEC).create(Key("p", "f.1"), {"name": "a face"})
    old.container(ContainerSpec("operations")).create(KEY, {"name": "kept"})

    new = VersionedDocumentStore(plain, THIRD)

    people = [document.body for document in new.container(SPEC).page("p")]
    assert people == [{"name": "A FACE"}, {"first": "ADA", "last": "LOVELACE"}]
    assert body_of(new.container(ContainerSpec("operations")).get(KEY)) == {"name": "kept"}


def test_a_document_without_a_version_is_of_the_first(plain: DocumentStore) -> None:
    plain.container(SPEC).create(Key("p", "p.1"), {"name": "Ada Lovelace"})

    container = VersionedDocumentStore(plain, SECOND).container(SPEC)

    assert body_of(container.get(Key("p", "p.1"))) == {"first": "Ada", "last": "Lovelace"}


def test_an_older_document_is_kept_as_the_present_version_once_it_is_written(
    plain: DocumentStore,
) -> None:
    key = Key("p", "p.1")
    VersionedDocumentStore(plain, FIRST).container(SPEC).create(key, {"name": "Ada Lovelace"})
    container = VersionedDocumentStore(plain, SECOND).container(SPEC)
    read = container.get(key)
    assert read is not None

    container.replace(key, read.body, etag=read.etag)

    expected = {"first": "Ada", "last": "Lovelace", "schemaVersion": 2}
    assert body_of(plain.container(SPEC).get(key)) == expected


def test_a_service_that_is_older_than_the_data_refuses_to_open_it(plain: DocumentStore) -> None:
    VersionedDocumentStore(plain, SECOND)

    with pytest.raises(ConfigurationError, match=r"version 2.*knows 1.*newer version of the serv"):
        VersionedDocumentStore(plain, FIRST)


def test_a_service_that_was_running_refuses_a_newer_document(plain: DocumentStore) -> None:
    running = VersionedDocumentStore(plain, FIRST).container(SPEC)
    VersionedDocumentStore(plain, SECOND).container(SPEC).create(KEY, {"first": "Ada"})

    with pytest.raises(ConfigurationError, match="newer version of the service"):
        running.get(KEY)


def test_the_version_is_no_member_that_a_caller_may_write(plain: DocumentStore) -> None:
    container = VersionedDocumentStore(plain, FIRST).container(SPEC)

    with pytest.raises(ValueError, match="belongs to the document store"):
        container.create(KEY, {"schemaVersion": 7})


def test_many_instances_may_start_at_once(tmp_path: Path) -> None:
    def start(_: int) -> None:
        store = SqliteDocumentStore(tmp_path / "documents.sqlite", clock=SystemClock())
        VersionedDocumentStore(store, SECOND).close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(start, range(8))) == [None] * 8
