"""Reports whether the suite ran on a real Cosmos DB account."""

from __future__ import annotations

import os

import pytest

from tests.contract.documents.conftest import STORES


def test_the_suite_runs_on_a_real_account_too() -> None:
    if not os.environ.get("COSMOS_ENDPOINT"):
        pytest.skip(
            "COSMOS_ENDPOINT is not set: the document suite ran on SQLite and on the protocol"
            " server, not on a real Cosmos DB account"
        )
    assert "cosmos-account" in STORES
