"""Measures the request units of every operation on Cosmos DB."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

_log = logging.getLogger(__name__)

_CHARGE_HEADER = "x-ms-request-charge"


@dataclass(frozen=True, slots=True)
class OperationCharge:
    """One completed operation on a container.

    Attributes:
        operation: the method's name, such as ``get_many``.
        container: the container's name.
        outcome: ``done``, or the name of the error's class.
        request_units: charge of all its requests; excludes retries that the SDK does not report.
        responses: number of responses that the charge was read from.
        milliseconds: duration of the call, including the SDK's retries.
    """

    operation: str
    container: str
    outcome: str
    request_units: float
    responses: int
    milliseconds: float


Recorder = Callable[[OperationCharge], None]
"""Receives a charge. Called on the operation's thread, so it must be fast."""


def log_charge(charge: OperationCharge) -> None:
    """Log a charge, and so send it to Application Insights: names and numbers only."""
    _log.info(
        "cosmos operation",
        extra={
            "operation": charge.operation,
            "container": charge.container,
            "outcome": charge.outcome,
            "requestUnits": round(charge.request_units, 2),
            "responses": charge.responses,
            "milliseconds": round(charge.milliseconds, 1),
        },
    )


class ChargeMeter:
    """Adds up the charges of one operation."""

    def __init__(self) -> None:
        self.request_units = 0.0
        self.responses = 0

    def read(self, headers: Mapping[str, str] | None, _body: object = None) -> None:
        """Add the charge of a response. Has the signature of the SDK's ``response_hook``."""
        charge = (headers or {}).get(_CHARGE_HEADER)
        if charge is not None:
            self.request_units += float(charge)
            self.responses += 1


@contextmanager
def metered(record: Recorder, operation: str, container: str) -> Iterator[ChargeMeter]:
    """Measure one operation and record its charge when it ends, whether or not it succeeds."""
    meter = ChargeMeter()
    outcome = "done"
    began = time.perf_counter()
    try:
        yield meter
    except BaseException as error:
        outcome = type(error).__name__
        raise
    finally:
        milliseconds = (time.perf_counter() - began) * 1_000
        record(
            OperationCharge(
                operation, container, outcome, meter.request_units, meter.responses, milliseconds
            )
        )
