"""Estimates the monthly costs of the service on Azure.

docs/costs.md has the formulas and the sources of the defaults. Quantities are exact under the
assumptions; amounts are shown only where a price is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

LOADS = (10_000, 1_000_000, 100_000_000)
"""Detections per month."""

_DAYS = 30
_INSTANCE_GB = 2.0
_SHORTEST_SECONDS = 1.0
_MILLION = 1e6
_GB = 1e9


MEANING = "meaning"
"""Key of an assumption's meaning in the metadata of its field."""


def _assumed(default: float, meaning: str) -> float:
    value: float = field(default=default, metadata={MEANING: meaning})
    return value


@dataclass(frozen=True)
class Assumptions:
    """Assumptions of the estimate; each is an option of the command, whose help is its meaning."""

    faces: float = _assumed(1.0, "Faces per image.")
    busy_seconds: float = _assumed(
        0.1, "Billed seconds per detection while instances are never idle."
    )
    write_units: float = _assumed(
        10.0, "Request units to write a detected face, and again when it expires."
    )
    document_bytes: float = _assumed(2_000.0, "Bytes of a detected face with its index.")
    telemetry_bytes: float = _assumed(2_000.0, "Bytes of a request in Log Analytics.")
    gb_second_price: float = _assumed(0.000026, "USD per GB-s of Flex Consumption on demand.")
    million_executions_price: float = _assumed(0.40, "USD per million executions.")
    free_gb_seconds: float = _assumed(100_000.0, "GB-s of the monthly free grant.")
    free_executions: float = _assumed(250_000.0, "Executions of the monthly free grant.")
    million_units_price: float = _assumed(
        0.25, "USD per million request units of serverless Cosmos DB."
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A month with a number of detections.

    Attributes:
        gb_seconds_busy: if instances are never idle while they run.
        gb_seconds_apart: if every detection comes alone and is billed for the minimum time.
        million_units: request units, in millions.
        database_gb: size of the detected faces that exist at the same time.
        telemetry_gb: ingestion into Log Analytics.
        usd_busy: functions and request units, after free grants.
        usd_apart: the same if every detection comes alone.
    """

    detections: int
    gb_seconds_busy: float
    gb_seconds_apart: float
    million_units: float
    database_gb: float
    telemetry_gb: float
    usd_busy: float
    usd_apart: float


def estimate(detections: int, assumed: Assumptions) -> Estimate:
    """Estimate a month of detections."""
    busy = detections * assumed.busy_seconds * _INSTANCE_GB
    apart = detections * _SHORTEST_SECONDS * _INSTANCE_GB
    units = 2 * detections * assumed.faces * assumed.write_units / _MILLION
    executions = max(0.0, detections - assumed.free_executions) / _MILLION
    fixed = executions * assumed.million_executions_price + units * assumed.million_units_price

    def compute(gb_seconds: float) -> float:
        return max(0.0, gb_seconds - assumed.free_gb_seconds) * assumed.gb_second_price

    stored = detections / _DAYS * assumed.faces
    return Estimate(
        detections=detections,
        gb_seconds_busy=busy,
        gb_seconds_apart=apart,
        million_units=units,
        database_gb=stored * assumed.document_bytes / _GB,
        telemetry_gb=detections * assumed.telemetry_bytes / _GB,
        usd_busy=fixed + compute(busy),
        usd_apart=fixed + compute(apart),
    )


def table(loads: Sequence[int], assumed: Assumptions) -> str:
    """The estimates as a Markdown table, one row per quantity."""
    found = [estimate(load, assumed) for load in loads]
    rows = [
        ("executions", [f"{one.detections:,}" for one in found]),
        ("GB-s, busy instances", [f"{one.gb_seconds_busy:,.0f}" for one in found]),
        ("GB-s, every request alone", [f"{one.gb_seconds_apart:,.0f}" for one in found]),
        ("million request units", [f"{one.million_units:,.1f}" for one in found]),
        ("GB in Cosmos DB", [f"{one.database_gb:,.3f}" for one in found]),
        ("GB into Log Analytics", [f"{one.telemetry_gb:,.2f}" for one in found]),
        ("**USD, busy instances**", [f"{one.usd_busy:,.2f}" for one in found]),
        ("**USD, every request alone**", [f"{one.usd_apart:,.2f}" for one in found]),
    ]
    heads = [f"{load:,} a month" for load in loads]
    lines = [["", *heads], ["---", *["---:"] * len(heads)], *([name, *row] for name, row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
