"""Requests with an Idempotency-Key, against many interleavings that hypothesis finds."""

from __future__ import annotations

import pytest

from shared.domain.errors import Unavailable
from tests.unit.services.ledgers.cosmos_ledger import OnCosmos
from tests.unit.services.ledgers.ledger import EXAMPLES, run_histories
from tests.unit.services.ledgers.request_ledger import RequestLedger

_EXAMPLES = max(4, EXAMPLES // 10)


class CosmosRequestLedger(OnCosmos, RequestLedger):
    """The same on the protocol server, through the unmodified SDK."""


def test_a_key_creates_one_thing_and_nothing_deleted_comes_back_on_sqlite() -> None:
    run_histories(RequestLedger, _EXAMPLES, steps=20)


def test_a_key_creates_one_thing_and_nothing_deleted_comes_back_on_cosmos() -> None:
    run_histories(CosmosRequestLedger, max(2, _EXAMPLES // 15), steps=12)


def test_a_repetition_is_answered_where_its_first_attempt_took_the_last_place() -> None:
    ledger = RequestLedger()
    ledger.send("person 0")
    with pytest.raises(Unavailable):
        ledger.send("person 1", lost=True)
    (ledger.owner["face 0"],) = ledger.answered.values()
    with pytest.raises(Unavailable):
        ledger.send("face 0", lost=True)
    ledger.look()

    ledger.send("person 1")
    ledger.send("face 0")

    assert set(ledger.answered) == {"person 0", "person 1", "face 0"}
    ledger.every_key_created_one_thing_at_most()
    ledger.teardown()
