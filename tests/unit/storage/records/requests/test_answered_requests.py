"""A request is known by its digest for a day, with its first answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.errors import DocumentExists
from shared.storage.documents.store import DocumentContainer, DocumentStore
from shared.storage.layout import OPERATIONS
from shared.storage.records.requests.answered_requests import (
    AnsweredRequest,
    AnsweredRequestRecords,
    StoredAnswer,
)
from tests.doubles.clocks import ManualClock
from tests.unit.storage.records.refused_writes import refuse_writes

DAY = 86_400
REQUEST = AnsweredRequest("digest", "fingerprint", "namespace")
ANSWER = StoredAnswer(200, {"Location": "/a"}, "{}")


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(OPERATIONS)


@pytest.fixture
def records(container: DocumentContainer) -> AnsweredRequestRecords:
    return AnsweredRequestRecords(container)


def test_a_request_lives_a_day_and_a_day_more_from_its_answer_on(
    records: AnsweredRequestRecords, clock: ManualClock
) -> None:
    begun = records.begin(REQUEST)
    clock.advance(DAY - 1)
    assert records.find("digest") == begun
    records.finish(begun, ANSWER)
    clock.advance(DAY - 1)
    found = records.find("digest")
    assert found is not None
    assert found.answer == ANSWER
    clock.advance(1)
    assert records.find("digest") is None
    records.begin(REQUEST)
    clock.advance(DAY)
    assert records.find("digest") is None


def test_the_first_of_two_requests_and_of_two_answers_counts(
    records: AnsweredRequestRecords,
) -> None:
    begun = records.begin(REQUEST)
    assert records.begin(replace(REQUEST, namespace="another")) == begun
    records.finish(begun, ANSWER)
    records.finish(begun, replace(ANSWER, status=409))
    found = records.find("digest")
    assert found is not None
    assert found.answer == ANSWER


def test_a_request_that_expires_while_it_is_repeated_begins_anew(
    records: AnsweredRequestRecords, monkeypatch: pytest.MonkeyPatch, container: DocumentContainer
) -> None:
    tried = refuse_writes(monkeypatch, container, 1, DocumentExists)
    begun = records.begin(REQUEST)
    assert tried == ["create", "create"]
    assert records.find("digest") == begun


def test_a_request_is_forgotten_unless_it_was_answered(records: AnsweredRequestRecords) -> None:
    begun = records.begin(REQUEST)
    records.forget(begun)
    records.forget(begun)
    assert records.find("digest") is None
    again = records.begin(REQUEST)
    records.finish(again, ANSWER)
    records.forget(again)
    assert records.find("digest") is not None
