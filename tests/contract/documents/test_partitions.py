"""Listing the partitions of a container in bounded steps."""

from __future__ import annotations

import uuid

import pytest

from shared.domain.errors import BadArgument
from shared.storage.documents.store import DocumentContainer, DocumentStore, Key
from shared.storage.layout import ContainerSpec

LISTED = ContainerSpec("contract-partitions")


@pytest.fixture
def listed(store: DocumentStore) -> DocumentContainer:
    """A container of this module's: others have thousands of partitions."""
    return store.container(LISTED)


def walk(container: DocumentContainer, limit: int) -> list[frozenset[str]]:
    """The names of every page."""
    pages: list[frozenset[str]] = []
    continuation: str | None = None
    while True:
        page = container.partitions(continuation, limit=limit)
        assert len(page.names) <= limit
        pages.append(page.names)
        if page.continuation is None:
            return pages
        continuation = page.continuation


def filled(container: DocumentContainer, partitions: int, documents: int) -> set[str]:
    names = {uuid.uuid4().hex for _ in range(partitions)}
    for name in names:
        for number in range(documents):
            container.create(Key(name, f"{number}"), {"number": number})
    return names


def test_the_pages_together_name_every_partition(listed: DocumentContainer) -> None:
    names = filled(listed, 7, 3)

    for limit in (1, 2, 5, 1_000):
        assert frozenset().union(*walk(listed, limit)) >= names


def test_a_page_is_bounded_and_another_client_goes_on(
    listed: DocumentContainer, store: DocumentStore
) -> None:
    names = filled(listed, 5, 1)

    first = listed.partitions(limit=2)
    assert first.continuation is not None
    found = set(first.names)
    continuation: str | None = first.continuation
    while continuation is not None:
        page = store.container(LISTED).partitions(continuation, limit=2)
        found |= page.names
        continuation = page.continuation

    assert found >= names


def test_a_partition_without_documents_is_not_named(listed: DocumentContainer) -> None:
    (name,) = filled(listed, 1, 1)
    listed.delete(Key(name, "0"))

    assert name not in frozenset().union(*walk(listed, 100))


def test_an_empty_container_has_no_partitions(store: DocumentStore) -> None:
    empty = store.container(ContainerSpec(f"contract-empty-{uuid.uuid4().hex[:8]}"))

    page = empty.partitions()

    assert (page.names, page.continuation) == (frozenset(), None)


@pytest.mark.parametrize("limit", [0, 1_001])
def test_a_limit_is_between_1_and_1000(listed: DocumentContainer, limit: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        listed.partitions(limit=limit)


@pytest.mark.parametrize("subject", ["cosmos"], indirect=True)
def test_a_continuation_that_is_refused_is_a_bad_argument(listed: DocumentContainer) -> None:
    with pytest.raises(BadArgument, match="continuation"):
        listed.partitions("from long ago")
