"""The estimate of costs: its arithmetic, and that the page shows what the command prints."""

from __future__ import annotations

import pytest

from lineament.costs import LOADS, Assumptions, estimate, table
from tests.cli.conftest import CommandLine
from tests.end_to_end.service import ROOT


def test_the_page_shows_what_the_command_prints(alone: CommandLine) -> None:
    printed = alone("costs").out.strip()
    page = (ROOT / "docs" / "costs.md").read_text("utf-8")
    shown = page.partition("<!-- costs -->\n")[2].partition("\n<!-- /costs -->")[0]
    assert shown == printed == table(LOADS, Assumptions())


def test_a_small_load_costs_request_units_only() -> None:
    found = estimate(10_000, Assumptions())
    assert found.gb_seconds_apart == 20_000
    assert found.usd_apart == found.usd_busy == pytest.approx(10_000 * 2 * 10 / 1e6 * 0.25)


def test_what_is_free_is_taken_off_once() -> None:
    found = estimate(1_000_000, Assumptions(write_units=0))
    assert found.usd_apart == pytest.approx(1_900_000 * 0.000026 + 0.75 * 0.40)


def test_prices_and_loads_are_options(alone: CommandLine) -> None:
    result = alone("costs", 100, "--faces", 3, "--million-units-price", 1_000_000)
    assert "100 a month" in result.out
    assert "| **USD, busy instances** | 6,000.00 |" in result.out


def test_costs_are_printed_as_json(alone: CommandLine) -> None:
    (month,) = alone.json("costs", 100, "--faces", 3, "--million-units-price", 1_000_000)
    assert (month["detections"], month["usd_busy"]) == (100, 6000)
