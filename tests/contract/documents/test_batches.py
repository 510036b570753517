"""Batches: several operations on one partition, all or none."""

from __future__ import annotations

import pytest

from shared.domain.errors import (
    DocumentChanged,
    DocumentConflict,
    DocumentExists,
    DocumentMissing,
)
from shared.storage.documents.store import (
    Create,
    Delete,
    Document,
    DocumentContainer,
    Key,
    Operation,
    Replace,
)


@pytest.fixture
def present(container: DocumentContainer, partition: str) -> Document:
    """An existing document with its current and an outdated ETag."""
    container.create(Key(partition, "present"), {"n": 0})
    return container.replace(Key(partition, "present"), {"n": 1})


def test_every_operation_of_a_batch_is_applied(
    container: DocumentContainer, partition: str, present: Document
) -> None:
    container.create(Key(partition, "doomed"), {})

    container.batch(
        partition,
        [
            Create("new", {"n": 7}),
            Replace("present", {"n": 2}, etag=present.etag),
            Delete("doomed"),
        ],
    )

    read = {document.key.id: document for document in container.page(partition)}
    assert {name: document.body for name, document in read.items()} == {
        "new": {"n": 7},
        "present": {"n": 2},
    }
    assert read["present"].etag != present.etag


FAILING: list[tuple[Operation, type[DocumentConflict]]] = [
    (Create("present", {}), DocumentExists),
    (Replace("absent", {}), DocumentMissing),
    (Replace("present", {}, etag="2f"), DocumentChanged),
    (Delete("absent"), DocumentMissing),
    (Delete("present", etag="2f"), DocumentChanged),
]


@pytest.mark.parametrize(("operation", "error"), FAILING)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_failing_operation_undoes_the_whole_batch(
    container: DocumentContainer,
    partition: str,
    present: Document,
    operation: Operation,
    error: type[DocumentConflict],
    place: int,
) -> None:
    operations: list[Operation] = [Create("a", {}), Create("b", {})]
    operations.insert(place, operation)

    with pytest.raises(DocumentConflict) as caught:
        container.batch(partition, operations)

    assert type(caught.value) is error
    assert container.page(partition) == [present]


@pytest.mark.parametrize(("first", "error"), FAILING)
@pytest.mark.parametrize("later", [operation for operation, _ in FAILING])
def test_the_error_is_that_of_the_first_operation_that_failed(
    container: DocumentContainer,
    partition: str,
    present: Document,
    first: Operation,
    error: type[DocumentConflict],
    later: Operation,
) -> None:
    with pytest.raises(DocumentConflict) as caught:
        container.batch(partition, [Create("a", {}), first, later])

    assert type(caught.value) is error
    assert container.page(partition) == [present]


def test_operations_of_a_batch_see_those_before_them(
    container: DocumentContainer, partition: str
) -> None:
    container.batch(partition, [Create("a", {"n": 1}), Replace("a", {"n": 2}), Create("b", {})])
    container.batch(partition, [Delete("b"), Create("b", {"n": 3})])

    assert [document.body for document in container.page(partition)] == [{"n": 2}, {"n": 3}]


def test_a_batch_after_a_failed_one_succeeds(
    container: DocumentContainer, partition: str, present: Document
) -> None:
    with pytest.raises(DocumentExists):
        container.batch(partition, [Create("a", {}), Create("present", {})])

    container.batch(partition, [Create("a", {"n": 5})])

    document = container.get(Key(partition, "a"))
    assert document is not None
    assert document.body == {"n": 5}


def test_a_batch_may_have_a_hundred_operations(
    container: DocumentContainer, partition: str
) -> None:
    container.batch(partition, [Create(f"{n:03}", {"n": n}) for n in range(100)])

    assert container.count(partition) == 100


def test_an_empty_batch_does_nothing(container: DocumentContainer, partition: str) -> None:
    container.batch(partition, [])

    assert container.count(partition) == 0


def test_a_batch_of_more_than_a_hundred_operations_is_refused(
    container: DocumentContainer, partition: str
) -> None:
    with pytest.raises(ValueError, match="at most 100 operations"):
        container.batch(partition, [Create(f"{n:03}", {}) for n in range(101)])

    assert container.count(partition) == 0


def test_a_batch_of_more_than_two_megabytes_is_refused(
    container: DocumentContainer, partition: str
) -> None:
    with pytest.raises(ValueError, match="at most 2000000 bytes"):
        container.batch(partition, [Create(f"{n}", {"text": "x" * 700_000}) for n in range(3)])

    assert container.count(partition) == 0


def test_a_batch_of_just_under_two_megabytes_is_applied(
    container: DocumentContainer, partition: str
) -> None:
    container.batch(partition, [Create(f"{n}", {"text": "x" * 640_000}) for n in range(3)])

    assert container.count(partition) == 3
