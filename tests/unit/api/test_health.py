"""Health is checked at most once in five seconds and reports why the service is not ready."""

from __future__ import annotations

import errno
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.api.health import Health
from shared.domain.errors import Unavailable
from tests.doubles.clocks import ManualClock


class Check:
    """Counts its runs; raises the error that the test sets."""

    def __init__(self) -> None:
        self.runs = 0
        self.error: Exception | None = None

    def __call__(self) -> None:
        self.runs += 1
        if self.error is not None:
            raise self.error


def test_many_callers_cost_one_check_in_five_seconds() -> None:
    clock, check = ManualClock(), Check()
    health = Health([check], clock)
    assert {health.respond().status for _ in range(100)} == {200}
    assert check.runs == 1
    clock.advance(5)
    health.respond()
    assert check.runs == 2


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable("The document store cannot be written."), "document store"),
        (OSError(errno.ENOSPC, "No space left on device", "/secret/path"), "disk .* is full"),
        (ValueError("secret"), "its log has the reason"),
    ],
)
def test_the_reason_is_in_the_response_and_only_an_unforeseen_one_leaves_a_traceback(
    error: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock, check = ManualClock(), Check()
    health = Health([Check(), check], clock)
    check.error = error
    response = health.respond()
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"
    found = json.loads(response.body)
    assert found["status"] == "unhealthy"
    assert re.search(reason, found["reason"])
    assert b"secret" not in response.body
    (record,) = caplog.records
    is_foreseen = not isinstance(error, ValueError)
    assert (record.exc_info is None) == is_foreseen
    assert not is_foreseen or re.search(reason, record.getMessage())
    check.error = None
    clock.advance(5)
    assert health.respond().status == 200


def test_callers_read_the_last_result_while_a_check_hangs() -> None:
    clock, entered, release = ManualClock(), threading.Event(), threading.Event()
    slow = [False]

    def check() -> None:
        if slow[0]:
            entered.set()
            assert release.wait(30)

    health = Health([check], clock)
    health.respond()
    slow[0] = True
    clock.advance(6)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(health.respond)
        assert entered.wait(30)
        assert health.respond().status == 200
        release.set()
        assert hanging.result(30).status == 200
