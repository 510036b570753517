"""A stop that takes too long ends the process."""

from __future__ import annotations

import logging
import threading

import pytest

from local.stop_deadline import end_within


def test_a_stop_that_takes_too_long_ends_the_process_and_logs_where_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    codes: list[int] = []
    ended = threading.Event()

    def exit_process(code: int) -> None:
        codes.append(code)
        ended.set()

    with end_within(0.01, exit_process):
        assert ended.wait(60)
    assert codes == [1]
    (record,) = [one for one in caplog.records if one.getMessage() == "the stop takes too long"]
    places = [place for stack in vars(record)["threads"].values() for place in stack]
    assert any(place.startswith(__file__) for place in places)


def test_a_stop_in_time_leaves_the_process_alone() -> None:
    codes: list[int] = []
    others = _timers()
    with end_within(3_600, codes.append):
        (timer,) = _timers() - others
    timer.join(60)
    assert not timer.is_alive()
    assert codes == []


def _timers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)}


def test_a_log_that_nobody_reads_does_not_keep_the_process_from_ending() -> None:
    release, ended = threading.Event(), threading.Event()

    class Full(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            release.wait(60)

    handler = Full()
    logger = logging.getLogger("lineament.host")
    logger.addHandler(handler)
    try:
        with end_within(0.0, lambda _: ended.set()):
            assert ended.wait(60)
    finally:
        release.set()
        logger.removeHandler(handler)
