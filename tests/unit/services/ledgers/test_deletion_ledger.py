"""Acknowledged deletions, against every interleaving that hypothesis finds."""

from __future__ import annotations

import pytest

from tests.unit.services.ledgers.cosmos_ledger import OnCosmos
from tests.unit.services.ledgers.deletion_ledger import DeletionLedger
from tests.unit.services.ledgers.ledger import EXAMPLES, StepInterruption, run_histories


class CosmosDeletionLedger(OnCosmos, DeletionLedger):
    """The same on the protocol server, through the unmodified SDK."""


@pytest.mark.parametrize("call", range(1, 9))
def test_a_deletion_that_fails_at_any_call_leaves_no_mark_for_ever(call: int) -> None:
    ledger = DeletionLedger()
    ledger.begin()
    ledger.delete_person(0, StepInterruption(call, "fail", first=True))
    ledger.teardown()


def test_nothing_acknowledged_as_deleted_comes_back_on_sqlite() -> None:
    run_histories(DeletionLedger, EXAMPLES, steps=20)


def test_nothing_acknowledged_as_deleted_comes_back_on_cosmos() -> None:
    run_histories(CosmosDeletionLedger, max(2, EXAMPLES // 15), steps=12)
