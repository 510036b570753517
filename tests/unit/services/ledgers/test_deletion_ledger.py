"""A ledger of what was acknowledged, against every interleaving that hypothesis finds.

LEDGER_EXAMPLES sets the number of histories (default 60).
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.services.ledgers.cosmos_ledger import OnCosmos
from tests.unit.services.ledgers.deletion_ledger import Ledger

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "60"))


class CosmosLedger(OnCosmos, Ledger):
    """The same on the protocol server, through the unmodified SDK."""


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize="LEDGER_EXAMPLES" not in os.environ,
        database=None,
        phases=[Phase.generate] if "LEDGER_NO_SHRINKING" in os.environ else list(Phase),
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("call", range(1, 9))
def test_a_deletion_that_fails_at_any_call_leaves_no_mark_for_ever(call: int) -> None:
    ledger = Ledger()
    ledger.begin()
    ledger.delete_person(0, (call, "fail", True))
    ledger.teardown()


def test_nothing_acknowledged_as_deleted_comes_back_on_sqlite() -> None:
    run_state_machine_as_test(Ledger, settings=_settings(EXAMPLES, 20))


def test_nothing_acknowledged_as_deleted_comes_back_on_cosmos() -> None:
    run_state_machine_as_test(CosmosLedger, settings=_settings(max(2, EXAMPLES // 15), 12))
