"""Limits that every store enforces, so that all accept the same input."""

from __future__ import annotations

import pytest

from shared.storage.documents.store import (
    Body,
    Create,
    Delete,
    DocumentContainer,
    DocumentStore,
    Key,
)
from shared.storage.layout import ContainerSpec
from tests.contract.documents.conftest import LASTING

BAD_IDS = ["", "a/b", "a\\b", "a?b", "a#b", "x" * 1_024, "é" * 512, "a ", "a\n"]


@pytest.mark.parametrize("identifier", BAD_IDS)
def test_an_id_that_no_store_takes_is_refused_in_every_call(
    container: DocumentContainer, partition: str, identifier: str
) -> None:
    key = Key(partition, identifier)

    with pytest.raises(ValueError, match="id may"):
        container.create(key, {})
    with pytest.raises(ValueError, match="id may"):
        container.replace(key, {})
    with pytest.raises(ValueError, match="id may"):
        container.increment(key, "n", 1)
    with pytest.raises(ValueError, match="id may"):
        container.delete(key)
    with pytest.raises(ValueError, match="id may"):
        container.get(key)
    with pytest.raises(ValueError, match="id may"):
        container.batch(partition, [Create("good", {}), Delete(identifier)])
    assert container.count(partition) == 0


def test_documents_that_expire_are_not_incremented(fleeting: DocumentContainer) -> None:
    with pytest.raises(ValueError, match="expire"):
        fleeting.increment(Key("partition", "one"), "n", 1)


@pytest.mark.parametrize("partition", ["", "p" * 2_049])
def test_a_partition_that_no_store_takes_is_refused(
    container: DocumentContainer, partition: str
) -> None:
    with pytest.raises(ValueError, match="partition"):
        container.create(Key(partition, "one"), {})
    with pytest.raises(ValueError, match="partition"):
        container.page(partition)
    with pytest.raises(ValueError, match="partition"):
        container.batch(partition, [Create("one", {})])


@pytest.mark.parametrize("member", ["id", "pk", "ttl", "_etag", "_ts", "_anything"])
def test_members_that_belong_to_the_store_are_refused(
    container: DocumentContainer, partition: str, member: str
) -> None:
    body: Body = {member: "x"}

    with pytest.raises(ValueError, match="belongs to the document store"):
        container.create(Key(partition, "one"), body)
    with pytest.raises(ValueError, match="belongs to the document store"):
        container.batch(partition, [Create("one", body)])
    assert container.count(partition) == 0


def test_those_names_are_free_further_down(container: DocumentContainer, partition: str) -> None:
    body: Body = {"inner": {"id": 1, "pk": 2, "ttl": 3, "_etag": 4}}

    created = container.create(Key(partition, "one"), body)

    assert container.get(created.key) == created


def test_a_document_of_more_than_two_megabytes_is_refused(
    container: DocumentContainer, partition: str
) -> None:
    with pytest.raises(ValueError, match="at most 2000000 bytes"):
        container.create(Key(partition, "one"), {"text": "x" * 2_000_000})

    assert container.get(Key(partition, "one")) is None


def test_the_size_of_a_document_is_counted_in_bytes_not_characters(
    container: DocumentContainer, partition: str
) -> None:
    with pytest.raises(ValueError, match="at most 2000000 bytes"):
        container.create(Key(partition, "one"), {"text": "é" * 1_000_000})


def test_a_document_of_just_under_two_megabytes_is_stored(
    container: DocumentContainer, partition: str
) -> None:
    created = container.create(Key(partition, "one"), {"text": "x" * 1_990_000})

    assert container.get(created.key) == created


def test_get_many_of_more_than_a_thousand_keys_is_refused(
    container: DocumentContainer, partition: str
) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        container.get_many([Key(partition, str(number)) for number in range(1_001)])


def test_creating_more_than_a_thousand_documents_at_once_is_refused(
    container: DocumentContainer, partition: str
) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        container.create_many([(Key(partition, str(number)), {}) for number in range(1_001)])
    assert container.count(partition) == 0


def test_a_container_has_its_spec(container: DocumentContainer) -> None:
    assert container.spec == LASTING


def test_containers_are_separate(
    container: DocumentContainer, fleeting: DocumentContainer, partition: str
) -> None:
    key = Key(partition, "one")
    container.create(key, {"n": 1})

    fleeting.create(key, {"n": 2})

    first = container.get(key)
    assert first is not None
    assert first.body == {"n": 1}


@pytest.mark.parametrize("name", ["", "ab", "Faces", "1faces", 'x"; DROP TABLE y; --', "a" * 64])
def test_a_name_that_no_container_can_have_is_refused(store: DocumentStore, name: str) -> None:
    with pytest.raises(ValueError, match="not a valid container name"):
        store.container(ContainerSpec(name))
