"""Times to live: documents expire exactly when they should, for all operations at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.domain.errors import DocumentMissing
from shared.storage.documents.store import (
    Create,
    Delete,
    DocumentContainer,
    DocumentStore,
    Key,
    Replace,
)
from tests.contract.documents.conftest import FLEETING_SECONDS

PassTime = Callable[[float], None]


def is_in_no_answer(container: DocumentContainer, key: Key) -> bool:
    changed = container.changes_since(key.partition, None).documents
    return (
        container.get(key) is None
        and container.get_many([key]) == [None]
        and key not in [document.key for document in container.page(key.partition)]
        and key not in [document.key for document in changed]
        and container.count(key.partition) == 0
        and container.count(key.partition, prefix=key.id) == 0
    )


def is_in_every_answer(container: DocumentContainer, key: Key) -> bool:
    document = container.get(key)
    return (
        document is not None
        and container.get_many([key]) == [document]
        and document in container.page(key.partition)
        and document in container.changes_since(key.partition, None).documents
        and container.count(key.partition) == 1
        and container.count(key.partition, prefix=key.id) == 1
    )


def test_a_document_past_its_time_is_in_no_answer(
    container: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    key = Key(partition, "one")
    container.create(key, {}, ttl=3)

    pass_time(1)
    assert is_in_every_answer(container, key)
    pass_time(3)
    assert is_in_no_answer(container, key)


def test_documents_created_at_once_have_one_time_to_live(
    container: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    keys = [Key(f"{partition}-{number}", "one") for number in range(3)]
    container.create_many([(key, {}) for key in keys], ttl=3)

    pass_time(1)
    assert all(is_in_every_answer(container, key) for key in keys)
    pass_time(3)
    assert all(is_in_no_answer(container, key) for key in keys)


def test_a_document_without_a_time_of_its_own_has_its_containers(
    fleeting: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    key = Key(partition, "one")
    fleeting.create(key, {})

    pass_time(1)
    assert is_in_every_answer(fleeting, key)
    pass_time(FLEETING_SECONDS)
    assert is_in_no_answer(fleeting, key)


def test_a_document_may_outlive_its_containers_default(
    fleeting: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    longer, forever = Key(partition, "longer"), Key(partition + "-other", "forever")
    fleeting.create(longer, {}, ttl=3 * FLEETING_SECONDS)
    fleeting.create(forever, {}, ttl=-1)

    pass_time(2 * FLEETING_SECONDS)
    assert is_in_every_answer(fleeting, longer)
    pass_time(2 * FLEETING_SECONDS)
    assert is_in_no_answer(fleeting, longer)
    assert is_in_every_answer(fleeting, forever)


def test_a_document_may_end_before_its_containers_default(
    fleeting: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    key = Key(partition, "one")
    fleeting.create(key, {}, ttl=1)

    pass_time(2)

    assert is_in_no_answer(fleeting, key)


def test_a_container_without_a_default_keeps_its_documents(
    container: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    key = Key(partition, "one")
    container.create(key, {})

    pass_time(2 * FLEETING_SECONDS)

    assert is_in_every_answer(container, key)


def test_an_expired_id_is_free_again(
    container: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    key = Key(partition, "one")
    first = container.create(key, {"n": 1}, ttl=1)
    pass_time(2)

    again = container.create(key, {"n": 2})

    assert container.get(key) == again
    assert again.etag != first.etag
    assert is_in_every_answer(container, key)


def test_a_batch_may_create_over_an_expired_id(
    container: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    key = Key(partition, "one")
    container.create(key, {"n": 1}, ttl=1)
    pass_time(2)

    container.batch(partition, [Create("one", {"n": 2})])

    document = container.get(key)
    assert document is not None
    assert document.body == {"n": 2}


def test_an_expired_document_can_be_neither_replaced_nor_deleted(
    container: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    key = Key(partition, "one")
    etag = container.create(key, {}, ttl=1).etag
    pass_time(2)

    with pytest.raises(DocumentMissing):
        container.replace(key, {}, etag=etag)
    with pytest.raises(DocumentMissing):
        container.delete(key)
    with pytest.raises(DocumentMissing):
        container.batch(partition, [Delete("one")])
    assert is_in_no_answer(container, key)


def test_replacing_starts_the_time_again(
    fleeting: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    key = Key(partition, "one")
    fleeting.create(key, {})
    pass_time(FLEETING_SECONDS - 1)

    fleeting.replace(key, {})

    pass_time(FLEETING_SECONDS - 1)
    assert is_in_every_answer(fleeting, key)
    pass_time(2)
    assert is_in_no_answer(fleeting, key)


def test_replacing_discards_the_documents_former_time_to_live(
    container: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    key = Key(partition, "one")
    container.create(key, {}, ttl=1)

    container.replace(key, {})

    pass_time(3)
    assert is_in_every_answer(container, key)


def test_a_batch_sets_times_as_the_single_operations_do(
    container: DocumentContainer, partition: str, pass_time: PassTime
) -> None:
    container.create(Key(partition, "b"), {})
    container.batch(
        partition,
        [Create("a", {}, ttl=1), Replace("b", {}, ttl=1), Create("c", {}, ttl=-1)],
    )

    pass_time(3)

    assert [document.key.id for document in container.page(partition)] == ["c"]


@pytest.mark.parametrize("ttl", [0, -2, 2**31])
def test_an_invalid_time_to_live_is_rejected(
    container: DocumentContainer, partition: str, ttl: int
) -> None:
    key = Key(partition, "one")

    with pytest.raises(ValueError, match="time to live"):
        container.create(key, {}, ttl=ttl)

    assert container.get(key) is None


def test_the_sweep_leaves_unexpired_documents(
    store: DocumentStore,
    container: DocumentContainer,
    fleeting: DocumentContainer,
    partition: str,
    pass_time: PassTime,
) -> None:
    container.create(Key(partition, "ended"), {}, ttl=1)
    fleeting.create(Key(partition, "ended"), {}, ttl=1)
    lasting = container.create(Key(partition, "lasting"), {})
    longer = fleeting.create(Key(partition, "longer"), {}, ttl=1_000)
    pass_time(2)

    store.sweep_expired()

    assert container.page(partition) == [lasting]
    assert fleeting.page(partition) == [longer]
    assert store.sweep_expired() == 0
