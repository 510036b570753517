"""What every operation on Cosmos DB cost, in request units, as the service says it."""

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
    """One operation of a container, after it ended.

    Attributes:
        operation: the method's name, such as ``get_many``.
        container: the container's name.
        outcome: ``done``, or the name of the error's class.
        request_units: what all its requests cost together; retried ones that the SDK does not
            report are not in it.
        responses: how many responses the charge was read from.
        milliseconds: from the call to the answer, the SDK's retries included.
    """

    operation: str
    container: str
    outcome: str
    request_units: float
    responses: int
    milliseconds: float


Recorder = Callable[[OperationCharge], None]
"""Takes note of a charge. Called on the thread of the operation, so it must be quick."""


def log_charge(charge: OperationCharge) -> None:
    """Write a charge to the log, and so to Application Insights: names and numbers only."""
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
        """Add what a response cost. Has the shape of the SDK's ``response_hook``."""
        charge = (headers or {}).get(_CHARGE_HEADER)
        if charge is not None:
            self.request_units += float(charge)
            self.responses += 1


@contextmanager
def metered(record: Recorder, operation: str, container: str) -> Iterator[ChargeMeter]:
    """Measure one operation and record it when it ends, however it ends."""
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
