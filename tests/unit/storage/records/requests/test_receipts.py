"""A receipt says for 25 hours that a request which may be repeated created something."""

from __future__ import annotations

import pytest

from shared.domain.errors import DocumentExists
from shared.domain.identifiers import RequestIds
from shared.storage.documents.store import DocumentContainer, DocumentStore, Key
from shared.storage.layout import PEOPLE
from shared.storage.records.requests import receipts
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id

PARTITION = "people:0"
HOUR = 3_600


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


def repeatable_id() -> str:
    ids = RequestIds(new_id)
    with ids.derived_from(new_id()):
        return ids()


def create(container: DocumentContainer, identifier: str) -> Key:
    key = Key(PARTITION, f"p.{identifier}")
    receipts.create_once(container, key, {"name": "Ada"}, identifier)
    return key


def test_a_receipt_outlives_what_it_is_of_by_up_to_25_hours(
    container: DocumentContainer, clock: ManualClock
) -> None:
    identifier = repeatable_id()
    assert not receipts.was_created(container, PARTITION, identifier)
    receipts.refuse_repetition(container, PARTITION, identifier)
    container.delete(create(container, identifier))
    clock.advance(25 * HOUR - 1)
    assert receipts.was_created(container, PARTITION, identifier)
    assert not receipts.was_created(container, "people:1", identifier)
    with pytest.raises(DocumentExists):
        receipts.refuse_repetition(container, PARTITION, identifier)
    with pytest.raises(DocumentExists):
        create(container, identifier)

    clock.advance(1)

    assert not receipts.was_created(container, PARTITION, identifier)
    create(container, identifier)


def test_what_has_a_receipt_does_not_expire_with_it(
    container: DocumentContainer, clock: ManualClock
) -> None:
    key = create(container, repeatable_id())
    clock.advance(25 * HOUR)
    assert container.get(key) is not None
    assert container.count(PARTITION) == 1


def test_an_id_of_another_request_has_no_receipt(container: DocumentContainer) -> None:
    identifier = new_id()
    key = create(container, identifier)
    assert container.count(PARTITION) == 1
    assert not receipts.was_created(container, PARTITION, identifier)
    with pytest.raises(DocumentExists):
        create(container, identifier)
    container.delete(key)
    receipts.refuse_repetition(container, PARTITION, identifier)
    create(container, identifier)
