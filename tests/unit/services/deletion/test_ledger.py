"""A ledger of what was acknowledged, against every interleaving that hypothesis finds.

LEDGER_EXAMPLES sets the number of histories (default 60).
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.store import CosmosDocumentStore
from shared.storage.documents.store import DocumentStore
from tests.cosmos_server.server import CosmosServer
from tests.unit.services.deletion.deletion_ledger import Ledger

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "60"))


class CosmosLedger(Ledger):
    """The same on the protocol server, through the unmodified SDK."""

    def open_store(self) -> DocumentStore | None:
        self.server = CosmosServer(now=lambda: self.clock.now().timestamp())
        self.server.__enter__()
        return CosmosDocumentStore(CosmosConnection(self.server.url, key=self.server.key))

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.server.__exit__(None, None, None)


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


def test_nothing_acknowledged_as_deleted_comes_back_on_sqlite() -> None:
    run_state_machine_as_test(Ledger, settings=_settings(EXAMPLES, 20))


def test_nothing_acknowledged_as_deleted_comes_back_on_cosmos() -> None:
    run_state_machine_as_test(CosmosLedger, settings=_settings(max(2, EXAMPLES // 15), 12))
